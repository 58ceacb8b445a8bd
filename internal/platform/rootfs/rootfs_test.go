package rootfs

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// image has layers in memory, and counts how often one is read.
type image struct {
	layers [][]byte
	reads  atomic.Int32
}

func (i *image) Layer(_ context.Context, n int, read func(io.Reader) error) error {
	i.reads.Add(1)
	if err := read(bytes.NewReader(i.layers[n])); err != nil {
		return fmt.Errorf("layer %d: %w", n+1, err)
	}
	return nil
}

func (i *image) find(t *testing.T, r *Reader, patterns ...string) ([]File, error) {
	t.Helper()
	var layers []oci.Layer
	for _, content := range i.layers {
		digest, err := schema.ParseDigest(fmt.Sprintf("sha256:%x", sha256.Sum256(content)))
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, oci.Layer{Digest: digest, Size: int64(len(content))})
	}
	return r.Find(t.Context(), i, layers, patterns)
}

// archive returns a layer. An entry is "PATH", a folder "PATH/", a file "PATH=CONTENT", a symbolic link "PATH -> TARGET", a hard link
// "PATH => TARGET", or a device "PATH!".
func archive(t *testing.T, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, entry := range entries {
		header := &tar.Header{Name: entry, Mode: 0o644, Typeflag: tar.TypeReg}
		content := ""
		if name, target, ok := strings.Cut(entry, " -> "); ok {
			header.Name, header.Linkname, header.Typeflag = name, target, tar.TypeSymlink
		} else if name, target, ok := strings.Cut(entry, " => "); ok {
			header.Name, header.Linkname, header.Typeflag = name, target, tar.TypeLink
		} else if name, text, ok := strings.Cut(entry, "="); ok {
			header.Name, content, header.Size = name, text, int64(len(text))
		} else if strings.HasSuffix(entry, "/") {
			header.Typeflag = tar.TypeDir
		} else if name, ok := strings.CutSuffix(entry, "!"); ok {
			header.Name, header.Typeflag = name, tar.TypeChar
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var wanted = []string{"etc/release", "lib/db/installed", "usr/lib/db/installed", "var/lib/db/status", "var/lib/local/*/desc", "nix/store/"}

func TestFilesOfLayers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// layers have entries, separated by newlines; the lowest layer is the first.
		layers []string
		// want are "PATH=CONTENT", or "PATH REAL=CONTENT" where links lead elsewhere.
		want string
	}{
		"a file":                                 {[]string{"var/lib/db/status=1"}, "var/lib/db/status=1"},
		"a file with a leading slash":            {[]string{"/var/lib/db/status=1"}, "var/lib/db/status=1"},
		"a file with a leading dot":              {[]string{"./\n./var/lib/db/status=1"}, "var/lib/db/status=1"},
		"other files":                            {[]string{"var/lib/db/status-old=1\nvar/lib/db=2\nvar/lib/db/status/x=3"}, ""},
		"a newer file":                           {[]string{"var/lib/db/status=1", "other=1", "var/lib/db/status=2"}, "var/lib/db/status=2"},
		"the last of two entries":                {[]string{"var/lib/db/status=1\nvar/lib/db/status=2"}, "var/lib/db/status=2"},
		"a removed file":                         {[]string{"var/lib/db/status=1", "var/lib/db/.wh.status"}, ""},
		"a removed folder":                       {[]string{"var/lib/db/status=1", "var/.wh.lib"}, ""},
		"a removed file that comes back":         {[]string{"var/lib/db/status=1", "var/lib/db/.wh.status", "var/lib/db/status=3"}, "var/lib/db/status=3"},
		"a whiteout of its own layer":            {[]string{"var/lib/db/status=1", "var/lib/db/status=2\nvar/lib/db/.wh.status"}, "var/lib/db/status=2"},
		"a folder that hides the one below":      {[]string{"var/lib/local/a/desc=1", "var/lib/local/b/desc=2\nvar/lib/local/.wh..wh..opq"}, "var/lib/local/b/desc=2"},
		"a root that hides the one below":        {[]string{"var/lib/local/a/desc=1", ".wh..wh..opq\nvar/lib/local/b/desc=2"}, "var/lib/local/b/desc=2"},
		"files of AUFS":                          {[]string{"var/lib/db/status=1", ".wh..wh.plnk/\n.wh..wh.aufs=1"}, "var/lib/db/status=1"},
		"a whiteout of nothing":                  {[]string{"a/.wh.b\nvar/lib/db/.wh.status\nvar/lib/local/.wh..wh..opq"}, ""},
		"a folder that replaces a file":          {[]string{"var/lib=1", "var/lib/db/status=1"}, "var/lib/db/status=1"},
		"a file that replaces a folder":          {[]string{"var/lib/db/status=1", "var/lib/db=1"}, ""},
		"a device that replaces a file":          {[]string{"var/lib/db/status=1", "var/lib/db/status!"}, ""},
		"a folder that is written again":         {[]string{"var/lib/db/status=1", "var/\nvar/lib/\nvar/lib/db/"}, "var/lib/db/status=1"},
		"a pattern":                              {[]string{"var/lib/local/b/desc=2\nvar/lib/local/a/desc=1\nvar/lib/local/a/files=0\nvar/lib/local/version=9"}, "var/lib/local/a/desc=1\nvar/lib/local/b/desc=2"},
		"a folder":                               {[]string{"nix/store/a/b=1\nnix/store/a/c=1"}, "nix/store/"},
		"a file in place of a folder":            {[]string{"nix/store=1"}, ""},
		"a merged usr":                           {[]string{"lib -> usr/lib\nusr/lib/db/installed=1"}, "lib/db/installed usr/lib/db/installed=1"},
		"a merged usr, and a layer from before":  {[]string{"lib -> usr/lib", "lib/db/installed=1"}, "lib/db/installed usr/lib/db/installed=1"},
		"a folder in place of a link":            {[]string{"lib -> usr/lib\nusr/lib/db/installed=1", "lib/\nlib/db/installed=2"}, "lib/db/installed=2\nusr/lib/db/installed=1"},
		"a link to a file":                       {[]string{"etc/release -> ../usr/lib/release\nusr/lib/release=1"}, "etc/release usr/lib/release=1"},
		"a link to a folder":                     {[]string{"data/db/status=1", "var/lib/db -> /data/db"}, "var/lib/db/status data/db/status=1"},
		"a link behind a link":                   {[]string{"mnt/db/status=1\ndata -> mnt", "var/lib/db -> /data/db"}, "var/lib/db/status mnt/db/status=1"},
		"a link that leads out of the image":     {[]string{"data/db/status=1", "var/lib/db -> ../../../../data/db"}, "var/lib/db/status data/db/status=1"},
		"a link in a pattern":                    {[]string{"data/a/desc=1\nvar/lib/local/a -> /data/a"}, "var/lib/local/a/desc data/a/desc=1"},
		"a link above a pattern":                 {[]string{"data/a/desc=1\nvar/lib/local -> /data"}, "var/lib/local/a/desc data/a/desc=1"},
		"a link to a file that was removed":      {[]string{"data/db/status=1", "var/lib/db -> /data/db\ndata/db/.wh.status"}, ""},
		"links in a circle":                      {[]string{"var/lib/db -> b\nvar/lib/b -> db\nvar/lib/local -> local/local"}, ""},
		"a hard link":                            {[]string{"var/lib/db/status-old=1\nvar/lib/db/status => var/lib/db/status-old"}, "var/lib/db/status=1"},
		"a hard link to a file of another layer": {[]string{"x/y=1", "var/lib/db/status => /x/y"}, "var/lib/db/status=1"},
		"a hard link to a wanted file":           {[]string{"var/lib/db/status=1\netc/release => ./var/lib/db/status"}, "etc/release=1\nvar/lib/db/status=1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var i image
			for _, entries := range test.layers {
				i.layers = append(i.layers, archive(t, strings.Split(entries, "\n")...))
			}
			files, err := i.find(t, NewReader(), wanted...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, text(files)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func text(files []File) string {
	var lines []string
	for _, f := range files {
		line := f.Path
		if f.Real != f.Path {
			line += " " + f.Real
		}
		if f.IsFolder {
			line += "/"
		} else {
			line += "=" + string(f.Content)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func compressed(t *testing.T, content []byte, with func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	w := with(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func toGzip(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func toZstd(w io.Writer) io.WriteCloser {
	encoder, err := zstd.NewWriter(w)
	if err != nil {
		panic(err)
	}
	return encoder
}

func TestCompressions(t *testing.T) {
	t.Parallel()
	plain := archive(t, "var/lib/db/status=1")
	for name, content := range map[string][]byte{
		"none": plain, "gzip": compressed(t, plain, toGzip), "zstd": compressed(t, plain, toZstd),
		"gzip in parts": append(compressed(t, plain[:700], toGzip), compressed(t, plain[700:], toGzip)...), "an empty layer": archive(t), "nothing": {},
	} {
		i := image{layers: [][]byte{archive(t, "etc/release=0"), content}}
		files, err := i.find(t, NewReader(), wanted...)
		want := "etc/release=0\nvar/lib/db/status=1"
		if len(content) == 0 || name == "an empty layer" {
			want = "etc/release=0"
		}
		if err != nil || text(files) != want {
			t.Errorf("%s: got %q, %v", name, text(files), err)
		}
	}
}

func TestHostileLayersAreErrorsThatNameTheLayer(t *testing.T) {
	t.Parallel()
	small := limits{layer: 1 << 20, file: 4096, image: 8192, kept: 1}
	plain := archive(t, "var/lib/db/status=1")
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf("var/lib/local/%d/desc=", i)
	}
	tests := map[string]struct {
		layer []byte
		want  string
	}{
		"a bomb":                     {compressed(t, archive(t, "zeros="+strings.Repeat("0", 2<<20)), toGzip), "layer 2: it has more than 1 MiB when it is uncompressed"},
		"a bomb in zstd":             {compressed(t, archive(t, "zeros="+strings.Repeat("0", 2<<20)), toZstd), "layer 2: it has more than 1 MiB when it is uncompressed"},
		"a large archive in a file":  {archive(t, "zeros="+strings.Repeat("0", 2<<20)), "layer 2: it has more than 1 MiB when it is uncompressed"},
		"a database too large":       {archive(t, "var/lib/db/status="+strings.Repeat("0", 5000)), "layer 2: var/lib/db/status has 0 MiB"},
		"too many files":             {archive(t, many...), "layer 2: the wanted files of the image have too many bytes"},
		"an entry outside":           {archive(t, "../etc/release=1"), `layer 2: its entry "../etc/release" is outside the image`},
		"an entry outside in steps":  {archive(t, "var/../../etc/release=1"), "is outside the image"},
		"a cut gzip":                 {compressed(t, plain, toGzip)[:50], "layer 2: unexpected EOF"},
		"a cut zstd":                 {compressed(t, plain, toZstd)[:50], "layer 2: unexpected EOF"},
		"a cut archive":              {plain[:400], "layer 2: unexpected EOF"},
		"something else":             {bytes.Repeat([]byte("no archive"), 100), "layer 2: archive/tar: invalid tar header"},
		"a damaged gzip":             {append([]byte{0x1f, 0x8b, 8, 0}, make([]byte, 100)...), "layer 2: "},
		"a hard link to nothing":     {archive(t, "var/lib/db/status => x"), "var/lib/db/status is a hard link to x, which does not exist"},
		"a hard link to a directory": {archive(t, "x/", "var/lib/db/status => x"), "var/lib/db/status is a hard link to x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := image{layers: [][]byte{archive(t, "etc/release=1"), test.layer}}
			r := NewReader()
			r.limits = small
			files, err := i.find(t, r, wanted...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, %v, want %q", text(files), err, test.want)
			}
		})
	}
}

func TestLinksEnd(t *testing.T) {
	t.Parallel()
	var deep, many []string
	for i := range 50 {
		deep = append(deep, fmt.Sprintf("d%d -> e%d/f", i, i), fmt.Sprintf("e%d/f -> /d%d", i, i+1))
	}
	for i := range 200 {
		many = append(many, fmt.Sprintf("var/lib/local/%d -> /data/%d", i, i))
	}
	for name, test := range map[string]struct {
		entries []string
		want    string
	}{
		"a chain":    {append(deep, "var/lib/db -> /d0"), "its files are behind more than 4 levels of links"},
		"many links": {many, "links lead to more than 100 other files"},
	} {
		i := image{layers: [][]byte{archive(t, test.entries...)}}
		if files, err := i.find(t, NewReader(), wanted...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %q, %v, want %q", name, text(files), err, test.want)
		}
		if i.reads.Load() > maxPasses {
			t.Errorf("%s: the layer was read %d times", name, i.reads.Load())
		}
	}
}

func TestALayerIsReadOnce(t *testing.T) {
	t.Parallel()
	r := NewReader()
	base := archive(t, "var/lib/db/status=1")
	for n := range 3 {
		i := image{layers: [][]byte{base, archive(t, fmt.Sprintf("etc/release=%d", n))}}
		files, err := i.find(t, r, wanted...)
		if want := fmt.Sprintf("etc/release=%d\nvar/lib/db/status=1", n); err != nil || text(files) != want {
			t.Errorf("got %q, %v", text(files), err)
		}
		if want := int32(min(2, 2-min(1, n))); i.reads.Load() != want {
			t.Errorf("image %d: %d layers were read, want %d", n, i.reads.Load(), want)
		}
	}
}

// counted is a file that counts the bytes that are read.
type counted struct {
	*bytes.Reader
	read int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.read += n
	return n, err
}

func (c *counted) Layer(_ context.Context, _ int, read func(io.Reader) error) error { return read(c) }

func TestAFileIsReadOnlyWhereItMustBe(t *testing.T) {
	t.Parallel()
	const large = 10 << 20
	file := &counted{Reader: bytes.NewReader(archive(t, "a="+strings.Repeat("0", large), "var/lib/db/status=1", "b="+strings.Repeat("0", large)))}
	files, err := NewReader().Find(t.Context(), file, make([]oci.Layer, 1), wanted)
	if err != nil || text(files) != "var/lib/db/status=1" || file.read > large/10 {
		t.Errorf("got %q, %v after %d bytes", text(files), err, file.read)
	}
}

func TestASmallReaderLimitsTheWantedFiles(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{1000: true, 3000: false} {
		i := image{layers: [][]byte{archive(t, "var/lib/db/status="+strings.Repeat("0", size)), archive(t, "etc/release="+strings.Repeat("0", size))}}
		if files, err := i.find(t, NewSmallReader(5000), wanted...); (err == nil) != want {
			t.Errorf("%d files of %d bytes: got %v, want %t", len(files), size, err, want)
		}
	}
}

func TestACanceledReadEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	i := image{layers: [][]byte{archive(t, "a=1")}}
	if _, err := NewReader().Find(ctx, &i, make([]oci.Layer, 1), wanted); err == nil || i.reads.Load() > 0 {
		t.Errorf("got %v after %d reads", err, i.reads.Load())
	}
}

func FuzzLayer(f *testing.F) {
	f.Add([]byte("no archive"))
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0})
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0})
	f.Fuzz(func(t *testing.T, content []byte) {
		i := image{layers: [][]byte{content, content}}
		r := NewReader()
		r.limits = limits{layer: 1 << 20, file: 1 << 16, image: 1 << 18, kept: 1}
		files, err := i.find(t, r, wanted...)
		if err != nil && files != nil {
			t.Errorf("there are files and an error: %v", err)
		}
	})
}
