package diff

import (
	"bytes"
	"io/fs"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

// handwritten returns the visible jobs in .gitlab-ci.yml and the files of the project that it includes, with what they extend in these files.
// There are none if the file does not exist; `stemma check` reports its mistakes.
func handwritten(h half) []job {
	read, _, err := ciyaml.Read(ciyaml.Source{Tree: withoutOutput{h.Files}, Name: projectci.File})
	if err != nil {
		return nil
	}
	var jobs []job
	for _, written := range read.Jobs {
		if written.IsHidden() {
			continue
		}
		keys := asMap(plainYAML(written.Keys))
		if keys == nil {
			keys = map[string]any{}
		}
		delete(keys, "extends")
		var compiled []any
		for _, parent := range written.Parents {
			if parent.IsUnread {
				compiled = append(compiled, parent.Name)
			}
		}
		if compiled != nil {
			keys["extends"] = compiled
		}
		jobs = append(jobs, job{name: written.Name, written: keys})
	}
	return jobs
}

// withoutOutput has the files of a project with compiled files that are empty.
type withoutOutput struct{ fs.FS }

// ReadFile implements fs.ReadFileFS.
func (t withoutOutput) ReadFile(name string) ([]byte, error) {
	if name == definition.OutputFile || strings.HasPrefix(name, definition.OutputFolder+"/") {
		return nil, nil
	}
	content, err := fs.ReadFile(t.FS, name)
	if drift.IsCompiled(content) {
		return bytes.TrimSpace(nil), err
	}
	return content, err
}

func plainYAML(v *ciyaml.Value) any {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case ciyaml.Text:
		return v.Text
	case ciyaml.List, ciyaml.Reference:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = plainYAML(item)
		}
		return out
	case ciyaml.Map:
		out := map[string]any{}
		for _, field := range v.Fields {
			out[field.Name] = plainYAML(field.Value)
		}
		return out
	default:
		return nil
	}
}
