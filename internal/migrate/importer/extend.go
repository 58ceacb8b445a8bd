package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Extend adds an import to the definition that a folder has already, if it has one. Everything in the existing file stays as it
// is, byte by byte. The report says what was added. The error names images that the definition has already, with other values.
func Extend(folder fs.FS, files []File, r *Report) ([]File, error) {
	if _, err := fs.Stat(folder, definition.CUEFile); err == nil {
		return nil, fmt.Errorf("nothing was written: the definition is in %s, and an import can only add to %s: write to another folder with --out", definition.CUEFile, definition.YAMLFile)
	}
	existing, err := fs.ReadFile(folder, definition.YAMLFile)
	n := slices.IndexFunc(files, func(f File) bool { return f.Path == definition.YAMLFile })
	if errors.Is(err, fs.ErrNotExist) || n < 0 || bytes.Equal(existing, files[max(n, 0)].Content) {
		return files, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the existing %s: %w", definition.YAMLFile, err)
	}
	files = slices.Clone(files)
	x := extension{existing: string(existing)}
	if err := x.read(files[n].Content); err != nil {
		return nil, err
	}
	if files, err = x.spreadDefaults(files); err != nil {
		return nil, err
	}
	if err := x.add(); err != nil {
		return nil, err
	}
	files[n].Content, files[n].IsExtended = []byte(x.existing), true
	if len(x.images) > 0 || x.new.value("include") != nil {
		r.Look(diagnostic.Span{File: definition.YAMLFile}, "images", "the definition existed: the images were added to it")
	}
	if x.old.value("defaults") != nil {
		r.Look(diagnostic.Span{File: definition.YAMLFile}, "defaults", "the values that the definition had already hold for the new images too")
	}
	return files, nil
}

// extension is an addition to a definition.
type extension struct {
	existing string
	old, new mapping
	// images are those to add to the file itself.
	images []entry
}

// mapping is a YAML map.
type mapping struct{ node *yaml.Node }

type entry struct{ key, value *yaml.Node }

func (m mapping) entries() []entry {
	var out []entry
	if m.node != nil && m.node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(m.node.Content); i += 2 {
			out = append(out, entry{m.node.Content[i], m.node.Content[i+1]})
		}
	}
	return out
}

func (m mapping) find(key string) *entry {
	for _, e := range m.entries() {
		if e.key.Value == key {
			return &e
		}
	}
	return nil
}

func (m mapping) value(key string) *yaml.Node {
	if e := m.find(key); e != nil {
		return e.value
	}
	return nil
}

func parseMapping(content []byte) (mapping, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return mapping{}, fmt.Errorf("nothing was written: the existing %s is not YAML: %w", definition.YAMLFile, err)
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return mapping{}, fmt.Errorf("nothing was written: the existing %s is not a definition; --force overwrites it", definition.YAMLFile)
	}
	return mapping{document.Content[0]}, nil
}

// read parses both definitions and finds the images to add.
func (x *extension) read(made []byte) error {
	var err error
	if x.old, err = parseMapping([]byte(x.existing)); err != nil {
		return err
	}
	if x.new, err = parseMapping(made); err != nil {
		return err
	}
	had := mapping{x.old.value("images")}
	if had.node != nil && had.node.Kind == yaml.MappingNode && had.node.Style&yaml.FlowStyle != 0 && len(had.node.Content) > 0 {
		return fmt.Errorf("nothing was written: the images of the existing %s are in braces: write each on a line of its own, so that others can be added", definition.YAMLFile)
	}
	var taken []string
	for _, image := range (mapping{x.new.value("images")}).entries() {
		switch other := had.value(image.key.Value); {
		case other == nil:
			x.images = append(x.images, image)
		case printed(other) != printed(image.value):
			taken = append(taken, image.key.Value)
		}
	}
	if len(taken) > 0 {
		return fmt.Errorf("nothing was written: the existing %s has %s already, with other values: rename them there, or overwrite the file with --force", definition.YAMLFile, strings.Join(taken, ", "))
	}
	if old, made := x.old.value("project"), x.new.value("project"); old != nil && made != nil && old.Value != made.Value {
		return fmt.Errorf("nothing was written: the existing %s is of the project %s, and the import of %s", definition.YAMLFile, old.Value, made.Value)
	}
	return nil
}

// printed is a value without comments and styles.
func printed(n *yaml.Node) string {
	var value any
	if err := n.Decode(&value); err != nil {
		return ""
	}
	return fmt.Sprint(value)
}

// spreadDefaults gives each new image the defaults of the import, unless the definition has the same.
func (x *extension) spreadDefaults(files []File) ([]File, error) {
	defaults := x.new.value("defaults")
	if defaults == nil || x.old.value("defaults") != nil && printed(defaults) == printed(x.old.value("defaults")) {
		return files, nil
	}
	for _, image := range x.images {
		fillIn(image.value, defaults)
	}
	for n, file := range files {
		if !strings.HasPrefix(file.Path, imageFolder+"/") || !strings.HasSuffix(file.Path, "/image.yaml") {
			continue
		}
		image, err := parseMapping(file.Content)
		if err != nil {
			return nil, err
		}
		fillIn(image.node, defaults)
		if files[n].Content, err = encode(image.node); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// fillIn adds the entries of a map that another one does not have. Maps in both are joined.
func fillIn(to, from *yaml.Node) {
	for _, e := range (mapping{from}).entries() {
		other := mapping{to}.value(e.key.Value)
		switch {
		case other == nil:
			to.Content = append(to.Content, e.key, e.value)
		case other.Kind == yaml.MappingNode && e.value.Kind == yaml.MappingNode:
			fillIn(other, e.value)
		}
	}
}

// add changes the text: the last lines first, so that the places of the others stay.
func (x *extension) add() error {
	if err := x.addImages(); err != nil {
		return err
	}
	if include := x.new.value("include"); include != nil {
		if err := x.addInclude(include); err != nil {
			return err
		}
	}
	for _, key := range []string{"build", "project"} {
		if made := x.new.find(key); made != nil && x.old.value(key) == nil {
			x.insert(x.lineAfter("version"), key+": "+made.value.Value+"\n")
		}
	}
	_, err := parseMapping([]byte(x.existing))
	return err
}

func (x *extension) addImages() error {
	if len(x.images) == 0 {
		return nil
	}
	had := x.old.find("images")
	indent := 2
	if had != nil && len(had.value.Content) > 0 {
		indent = had.value.Content[0].Column - 1
	}
	var out strings.Builder
	for _, image := range x.images {
		text, err := encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{image.key, image.value}})
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			if strings.TrimSpace(line) != "" {
				out.WriteString(strings.Repeat(" ", indent))
			}
			out.WriteString(line)
		}
	}
	switch {
	case had == nil:
		x.insert(len(strings.Split(x.existing, "\n")), "images:\n"+out.String())
	case len(had.value.Content) == 0 && had.value.Value == "" && had.value.Kind == yaml.MappingNode:
		return fmt.Errorf("nothing was written: remove the empty `images` of the existing %s first", definition.YAMLFile)
	default:
		x.insert(x.lineAfter("images"), out.String())
	}
	return nil
}

// addInclude adds patterns to those that the definition includes.
func (x *extension) addInclude(include *yaml.Node) error {
	had := x.old.find("include")
	for _, pattern := range include.Content {
		switch {
		case had == nil:
			x.insert(x.lineAfter("version"), "include: ["+pattern.Value+"]\n")
		case slices.ContainsFunc(had.value.Content, func(n *yaml.Node) bool { return n.Value == pattern.Value }):
		case had.value.Style&yaml.FlowStyle == 0 && len(had.value.Content) > 0:
			indent := had.value.Content[0].Column - 3
			x.insert(x.lineAfter("include"), strings.Repeat(" ", max(indent, 0))+"- "+pattern.Value+"\n")
		default:
			return fmt.Errorf("nothing was written: add %s to `include` of the existing %s first", pattern.Value, definition.YAMLFile)
		}
	}
	return nil
}

// lineAfter is the number of lines up to the end of a key of the definition, without comments and empty lines behind it.
func (x *extension) lineAfter(key string) int {
	had := x.old.find(key)
	if had == nil {
		return 0
	}
	lines := strings.Split(x.existing, "\n")
	end := len(lines)
	for _, e := range x.old.entries() {
		if e.key.Line > had.key.Line {
			end = min(end, e.key.Line-1)
		}
	}
	last := had.key.Line
	for n := had.key.Line; n < end; n++ {
		if isPart := strings.HasPrefix(lines[n], " ") || strings.HasPrefix(lines[n], "-"); isPart && strings.TrimSpace(lines[n]) != "" {
			last = n + 1
		}
	}
	return last
}

// insert puts text behind a number of lines.
func (x *extension) insert(after int, text string) {
	lines := strings.SplitAfter(x.existing, "\n")
	after = min(after, len(lines))
	before, rest := strings.Join(lines[:after], ""), strings.Join(lines[after:], "")
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += "\n"
	}
	x.existing = before + text + rest
}
