package cuex

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"

	"gitlab.com/stemma-ci/stemma/schema"
)

// unconstrained is the schema without its constraints: every definition in it allows anything. A document that embeds #Definition is then
// evaluated to what the user wrote, which the shapes check. CUE itself would report a mistake at the definition, and stop at the first.
type unconstrained struct{}

// Open implements fs.FS.
func (unconstrained) Open(name string) (fs.File, error) {
	f, err := schema.FS.Open(name)
	if err != nil || path.Ext(name) != ".cue" || strings.HasPrefix(name, "cue.mod/") {
		return f, err
	}
	file, err := parser.ParseFile(name, f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for _, declaration := range file.Decls {
		if field, ok := declaration.(*ast.Field); ok {
			if label, isWritten := writtenName(field.Label); isWritten && strings.HasPrefix(label, "#") {
				field.Value, field.Attrs = ast.NewIdent("_"), nil
			}
		}
	}
	source, err := format.Node(file)
	return rewrite(f, source), err
}

// rewritten is a file with other content.
type rewritten struct {
	fs.File
	content *bytes.Reader
}

func rewrite(f fs.File, content []byte) fs.File { return rewritten{f, bytes.NewReader(content)} }

// Read implements fs.File.
func (r rewritten) Read(b []byte) (int, error) { return r.content.Read(b) }
