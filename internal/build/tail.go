package build

import "strings"

// tail keeps the end of what is written.
type tail struct{ text []byte }

// maxTail is how much of it, in bytes.
const maxTail = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	if len(t.text) > maxTail {
		t.text = append(t.text[:0], t.text[len(t.text)-maxTail:]...)
	}
	return len(b), nil
}

// cause is what stands behind a failure of buildah that its exit status does not tell; empty where nothing is known.
func (t *tail) cause() string {
	if strings.Contains(string(t.text), "no space left on device") {
		return ": the disk is full: no space left on device"
	}
	return ""
}
