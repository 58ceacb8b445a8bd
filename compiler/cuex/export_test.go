package cuex

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"

	"cuelang.org/go/cue"
)

// ExportJSON evaluates the CUE package at the root of fsys and returns one of its fields as indented JSON with sorted
// keys, for those that must not link CUE.
func ExportJSON(fsys fs.FS, field string) ([]byte, error) {
	root, err := loadPackage(fsys)
	if err != nil {
		return nil, err
	}
	value := root.LookupPath(cue.ParsePath(field))
	if err := value.Validate(cue.Concrete(true)); err != nil {
		return nil, fmt.Errorf("export %s: %w", field, err)
	}
	var data any
	if err := value.Decode(&data); err != nil {
		return nil, fmt.Errorf("export %s: %w", field, err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(data); err != nil {
		return nil, fmt.Errorf("export %s: %w", field, err)
	}
	return out.Bytes(), nil
}
