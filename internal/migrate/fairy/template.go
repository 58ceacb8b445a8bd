// Package fairy is what freedesktop's ci-fairy does for a project: it generates files from templates, checks commits and merge
// requests, and looks after images and pipelines.
package fairy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
	"gitlab.com/stemma-ci/stemma/internal/migrate/pyyaml"
)

// Template names the input of a generated file.
type Template struct {
	// Folder is where paths begin, those within the template among them.
	Folder string
	// File is a Jinja2 template, and Config the YAML file whose keys are its variables. Other templates that it includes
	// are in its folder.
	File, Config string
	// Root is the part of Config that is used, "/a/b"; all of it when empty.
	Root string
}

// Generate renders a template.
func Generate(t Template) (string, error) {
	source, err := os.ReadFile(t.Path(t.File))
	if err != nil {
		return "", err
	}
	variables, err := t.variables()
	if err != nil {
		return "", err
	}
	folder := filepath.Dir(t.Path(t.File))
	environment := &jinja.Environment{
		TrimBlocks: true, LstripBlocks: true, KeepTrailingNewline: true, Lenient: true,
		Globals: map[string]any{"ci_fairy": map[string]any{"hashfiles": jinja.Function(t.hashFiles)}},
		Load: func(name string) (string, error) {
			if !filepath.IsLocal(name) {
				return "", fmt.Errorf("%s is outside of %s", name, folder)
			}
			included, err := os.ReadFile(filepath.Join(folder, name))
			return string(included), err
		},
	}
	parsed, err := environment.Parse(t.File, string(source))
	if err != nil {
		return "", err
	}
	return parsed.Render(variables)
}

// Path is where a path that is given to the command leads.
func (t Template) Path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(t.Folder, name)
}

// variables are the keys of the configuration.
func (t Template) variables() (map[string]any, error) {
	source, err := os.ReadFile(t.Path(t.Config))
	if err != nil {
		return nil, err
	}
	root, err := pyyaml.Parse(source)
	var mistake *pyyaml.Error
	if errors.As(err, &mistake) {
		return nil, fmt.Errorf("%s:%d:%d: %s", t.Config, mistake.Line, mistake.Column, mistake.Message)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Config, err)
	}
	for part := range strings.SplitSeq(strings.Trim(t.Root, "/"), "/") {
		if part == "" {
			continue
		}
		if root = root.Get(part); root == nil {
			return nil, fmt.Errorf("%s has no %s", t.Config, t.Root)
		}
	}
	if root == nil || root.Kind != pyyaml.Mapping {
		return nil, fmt.Errorf("%s holds no mapping, whose keys could be variables", t.Config)
	}
	out := map[string]any{}
	for _, field := range root.Fields {
		if name, ok := field.Key.Value.(string); ok {
			out[name] = field.Value.Jinja()
		}
	}
	return out, nil
}

// hashFiles is the SHA-256 of the contents of files, one behind the other.
func (t Template) hashFiles(c *jinja.Call) (any, error) {
	sum := sha256.New()
	for _, argument := range c.Args {
		name, ok := argument.(string)
		if !ok {
			return nil, fmt.Errorf("hashfiles takes names of files, not %s", jinja.Print(argument))
		}
		content, err := os.ReadFile(t.Path(name))
		if err != nil {
			return nil, err
		}
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
