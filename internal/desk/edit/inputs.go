package edit

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Inputs adds those of an entry's inputs that a .gitlab-ci.yml does not pass to the file. It changes nothing if the file is not included.
func Inputs(content string, entry Inclusion) (string, error) {
	return change(content, func(p *pipelineFile) (string, error) { return p.inputs(entry) })
}

func (p *pipelineFile) inputs(entry Inclusion) (string, error) {
	key, value := p.find("include")
	if key == nil || len(entry.Inputs) == 0 {
		return p.content, nil
	}
	if value.Kind != yaml.SequenceNode {
		return p.passInputs(value, entry, false)
	}
	for _, item := range value.Content {
		if changed, err := p.passInputs(item, entry, isBlock(value, yaml.SequenceNode)); err != nil || changed != p.content {
			return changed, err
		}
	}
	return p.content, nil
}

// passInputs adds the inputs to an entry of `include`, if it includes the file.
func (p *pipelineFile) passInputs(item *yaml.Node, entry Inclusion, isInBlock bool) (string, error) {
	file := item
	if item.Kind == yaml.MappingNode {
		_, file = find(item, "local")
	}
	if file == nil || strings.TrimPrefix(file.Value, "/") != entry.File {
		return p.content, nil
	}
	if item.Kind == yaml.ScalarNode {
		return p.expand(item, entry, isInBlock)
	}
	_, passed := find(item, "inputs")
	missing := Inclusion{File: entry.File, Inputs: slices.DeleteFunc(slices.Clone(entry.Inputs), func(name string) bool {
		key, _ := find(passed, name)
		return key != nil
	})}
	indent := strings.Repeat(" ", item.Column-1)
	switch {
	case len(missing.Inputs) == 0:
		return p.content, nil
	case !isBlock(item, yaml.MappingNode):
		return "", errForm
	case passed == nil:
		return p.insert(p.line(file.Line+1), indent+"inputs:\n"+missing.inputLines(indent+"  "))
	case isBlock(passed, yaml.MappingNode) && passed.Line > file.Line:
		return p.insert(p.line(passed.Line), missing.inputLines(strings.Repeat(" ", passed.Column-1)))
	}
	return "", errForm
}

// expand replaces the name of a file by an entry with inputs.
func (p *pipelineFile) expand(item *yaml.Node, entry Inclusion, isInBlock bool) (string, error) {
	begin := p.offset(item)
	end, err := p.end(item)
	if err != nil {
		return "", err
	}
	text := entry.inBraces()
	if isInBlock {
		text = strings.TrimSuffix(entry.Lines(strings.Repeat(" ", item.Column-1)), "\n")
	}
	return Apply(p.content, []Edit{{Offset: begin, Length: end - begin, New: text}})
}
