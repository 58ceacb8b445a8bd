package diff

import (
	"bytes"
	"encoding/json"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

// outlineOf returns a file that the compiler wrote with empty jobs: with its inputs, and with the files that it includes. It also returns the
// names of the jobs. It does not parse the file, which is large.
func outlineOf(content []byte) (outline []byte, names []string) {
	header, body := cutHeader(content)
	out := bytes.NewBuffer(header)
	isInclude := false
	for line := range bytes.Lines(body) {
		if !isInclude && bytes.HasPrefix(line, []byte(" ")) {
			continue
		}
		key, isKey := strings.CutSuffix(string(line), ":\n")
		isKey = isKey && strings.TrimLeft(key, " #") == key
		if isKey {
			isInclude = key == "include"
		}
		switch {
		case isInclude:
			out.Write(line)
		case isKey && key != "stages":
			out.WriteString(key + ": {}\n")
			names = append(names, key)
		}
	}
	return notEmpty(out, len(header)), names
}

// outlineOfOther is outlineOf for a compiled file that may have been edited, or that another version of the compiler wrote.
func outlineOfOther(name string, content []byte) (outline []byte, names []string) {
	header, _ := cutHeader(content)
	out := bytes.NewBuffer(header)
	documents := ciyaml.NewLoader().Documents(name, content)
	if len(documents) == 0 {
		return content, nil
	}
	for _, field := range documents[len(documents)-1].Fields {
		value := any(map[string]any{})
		switch {
		case field.Name == "include":
			value = plainYAML(field.Value)
		case field.Value.Kind != ciyaml.Map:
			continue
		default:
			names = append(names, field.Name)
		}
		if entry, err := json.Marshal(map[string]any{field.Name: value}); err == nil {
			out.Write(bytes.TrimSuffix(bytes.TrimPrefix(entry, []byte("{")), []byte("}")))
			out.WriteByte('\n')
		}
	}
	return notEmpty(out, len(header)), names
}

// cutHeader returns the document that declares inputs, with the line that ends it, and the other document.
func cutHeader(content []byte) (header, body []byte) {
	const separator = "\n---\n"
	if i := bytes.Index(content, []byte(separator)); i >= 0 {
		i += len(separator)
		return content[:i:i], content[i:]
	}
	return nil, content
}

// notEmpty returns a file in which a document has at least an empty map: GitLab refuses an empty file.
func notEmpty(out *bytes.Buffer, header int) []byte {
	if out.Len() == header {
		out.WriteString("{}\n")
	}
	return out.Bytes()
}
