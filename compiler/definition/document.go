package definition

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// maxSource limits a file of the definition: ten thousand images take less than two megabytes.
const maxSource = 16 << 20

// read returns the document in a file. If it cannot read it, it reports why and returns nil.
func (l *loader) read(file string) *tree.Node {
	source, ok := l.source(file)
	if !ok {
		return nil
	}
	if path.Ext(file) == ".cue" {
		document, parts := l.schema.Evaluate(l.fsys, file, l.found)
		for _, part := range parts {
			l.parts[part] = parts
		}
		return document
	}
	if isEmpty(source) {
		l.found.Errorf(diagnostic.Syntax, diagnostic.Span{File: file}, "the file is empty").
			WithHint("a definition begins with `version: 1`; `stemma init` writes one")
		return nil
	}
	return parseYAML(file, source, l.found)
}

// isEmpty reports whether a file in YAML has only blank lines and comments.
func isEmpty(source []byte) bool {
	for line := range bytes.Lines(source) {
		if line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff"))); len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}

func (l *loader) source(file string) ([]byte, bool) {
	at := diagnostic.Span{File: file}
	source, err := readFile(l.fsys, file)
	switch {
	case errors.Is(err, errTooLarge):
		l.found.Errorf(diagnostic.TooLarge, at, "the file has more than %d MiB", maxSource>>20).WithHint("split it with `include`")
	case content.IsOutside(err):
		l.found.Errorf(diagnostic.OutsideRepo, at, "the file is a link that leads out of the project").WithHint("copy the file into the project")
	case err != nil:
		l.found.Errorf(diagnostic.MissingFile, at, "the file cannot be read: %v", content.Reason(err))
	case !utf8.Valid(source):
		at.Line, at.Column = invalidUTF8(source)
		l.found.Errorf(diagnostic.Encoding, at, "the file is not UTF-8").WithHint("save it as UTF-8")
	default:
		return source, true
	}
	return nil, false
}

var errTooLarge = errors.New("the file is too large")

// readFile reads a file of the definition, up to the limit.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	if err == nil && len(source) > maxSource {
		err = errTooLarge
	}
	return source, err
}

func invalidUTF8(source []byte) (line, column int) {
	line, column = 1, 1
	for len(source) > 0 {
		r, size := utf8.DecodeRune(source)
		switch {
		case r == utf8.RuneError && size == 1:
			return line, column
		case r == '\n':
			line, column = line+1, 0
		}
		source = source[size:]
		column++
	}
	return line, column
}
