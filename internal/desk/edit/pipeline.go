package edit

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

var (
	// errForm says that a file is written in a form that is not changed here.
	errForm   = errors.New("it is written in a form that is not changed automatically")
	errNoYAML = errors.New("it is not valid YAML")

	// documentEnd matches the mark after which YAML expects another document.
	documentEnd = pattern.Lazy(`(?m)^\.\.\.\s*$`)
)

const byteOrderMark = "\ufeff"

// Inclusion is an entry of `include` for a file of the project.
type Inclusion struct {
	File string
	// Inputs are those of the pipeline that are passed on.
	Inputs []string
}

// Lines are the lines of the entry; an indentation is before each but the first.
func (i Inclusion) Lines(indent string) string {
	lines := "local: " + i.File + "\n"
	if len(i.Inputs) > 0 {
		lines += indent + "inputs:\n" + i.inputLines(indent+"  ")
	}
	return lines
}

func (i Inclusion) inputLines(indent string) string {
	var lines strings.Builder
	for _, input := range i.Inputs {
		fmt.Fprintf(&lines, "%s%s: $[[ inputs.%s ]]\n", indent, input, input)
	}
	return lines.String()
}

// inBraces is the entry for lists in brackets, where a bracket in a value needs quotes.
func (i Inclusion) inBraces() string {
	var inputs []string
	for _, input := range i.Inputs {
		inputs = append(inputs, fmt.Sprintf("%s: '$[[ inputs.%s ]]'", input, input))
	}
	if inputs == nil {
		return "{local: " + i.File + "}"
	}
	return "{local: " + i.File + ", inputs: {" + strings.Join(inputs, ", ") + "}}"
}

// Include adds an entry to the includes of a .gitlab-ci.yml, before all others. In a file without includes it comes last, so the lines of
// the jobs stay the same.
func Include(content string, entry Inclusion) (string, error) {
	return change(content, func(p *pipelineFile) (string, error) { return p.include(entry) })
}

// Stages adds those of the stages that a .gitlab-ci.yml lacks, in their order: the first before all others, the last after them. A file
// without a list of stages has GitLab's own, https://docs.gitlab.com/ci/yaml/#stages, and stays as it is.
func Stages(content string, stages []string) (string, error) {
	return change(content, func(p *pipelineFile) (string, error) { return p.stages(stages) })
}

// change makes a change, and checks that no key is lost: a file may be written in an unexpected form.
func change(content string, by func(*pipelineFile) (string, error)) (string, error) {
	p, err := readPipeline(content)
	if err != nil {
		return "", err
	}
	changed, err := by(p)
	if err != nil {
		return "", err
	}
	now, err := readPipeline(changed)
	if err != nil || len(now.keys.Content) < len(p.keys.Content) {
		return "", errForm
	}
	return changed, nil
}

func (p *pipelineFile) include(entry Inclusion) (string, error) {
	key, value := p.find("include")
	switch {
	case key == nil:
		return p.content + "\ninclude:\n  - " + entry.Lines("    "), nil
	case isBlock(value, yaml.SequenceNode):
		dash := p.before(value.Content[0])
		indent, isBullet := strings.CutSuffix(strings.TrimRight(dash, " "), "-")
		if !isBullet || strings.TrimSpace(indent) != "" {
			return "", errForm
		}
		return p.insert(p.line(value.Content[0].Line), dash+entry.Lines(strings.Repeat(" ", len(dash))))
	case value.Kind == yaml.SequenceNode:
		separator := ", "
		if len(value.Content) == 0 {
			separator = ""
		}
		return p.insert(p.offset(value)+1, entry.inBraces()+separator)
	case value.Kind == yaml.ScalarNode:
		end, err := p.end(value)
		if err != nil {
			return "", err
		}
		return Apply(p.content, []Edit{{Offset: p.offset(value), New: "[" + entry.inBraces() + ", "}, {Offset: end, New: "]"}})
	case isBlock(value, yaml.MappingNode) && value.Line > key.Line:
		return p.list(value, entry)
	}
	return "", errForm
}

func (p *pipelineFile) stages(stages []string) (string, error) {
	key, list := p.find("stages")
	if key == nil {
		return p.content, nil
	}
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return "", errForm
	}
	var edits []Edit
	for _, missing := range missingStages(list, stages) {
		edit, err := p.stage(list, missing)
		if err != nil {
			return "", err
		}
		edits = append(edits, edit)
	}
	return Apply(p.content, edits)
}

// pipelineFile is a .gitlab-ci.yml whose keys are those of its last document; the first may hold `spec`.
type pipelineFile struct {
	content string
	keys    *yaml.Node
}

func readPipeline(content string) (*pipelineFile, error) {
	if strings.HasPrefix(content, byteOrderMark) {
		return nil, errors.New("it begins with a byte order mark, which GitLab does not accept")
	}
	if documentEnd().MatchString(content) {
		return nil, errForm
	}
	if content != "" && !strings.HasSuffix(content, "\n") {
		content += "\n"
	}
	loader, err := yaml.NewLoader(strings.NewReader(content), yaml.WithV4Defaults())
	if err != nil {
		return nil, errNoYAML
	}
	p := &pipelineFile{content: content}
	for {
		var document yaml.Node
		err := loader.Load(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errNoYAML
		}
		if len(document.Content) > 0 {
			p.keys = document.Content[0]
		}
	}
	if p.keys == nil || !isBlock(p.keys, yaml.MappingNode) {
		return nil, errForm
	}
	return p, nil
}

func isBlock(n *yaml.Node, kind yaml.Kind) bool {
	return n.Kind == kind && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0
}

func (p *pipelineFile) find(name string) (key, value *yaml.Node) { return find(p.keys, name) }

// find looks for a key of a mapping, which may be nil.
func find(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	if mapping == nil {
		return nil, nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

func (p *pipelineFile) insert(offset int, text string) (string, error) {
	return Apply(p.content, []Edit{{Offset: offset, New: text}})
}

// line is the offset of a line.
func (p *pipelineFile) line(number int) int { return LineOffset(p.content, number) }

// offset is where a value begins. A column counts characters.
func (p *pipelineFile) offset(n *yaml.Node) int {
	at, column := p.line(n.Line), 1
	for i := range p.content[at:] {
		if column == n.Column {
			return at + i
		}
		column++
	}
	return at
}

// before is what a value's line has before it.
func (p *pipelineFile) before(n *yaml.Node) string { return p.content[p.line(n.Line):p.offset(n)] }

// end is where a scalar on one line ends, its quotes included.
func (p *pipelineFile) end(n *yaml.Node) (int, error) {
	at, err := scalarPlace(p.content, n)
	if err != nil {
		return 0, errForm
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		at.end++
	}
	return at.end, nil
}

// list makes a mapping the second entry of a list.
func (p *pipelineFile) list(mapping *yaml.Node, entry Inclusion) (string, error) {
	first, last := mapping.Line, lastLine(mapping)
	indent := p.before(mapping)
	if strings.TrimSpace(indent) != "" {
		return "", errForm
	}
	edits := []Edit{{Offset: p.line(first), New: indent + "- " + entry.Lines(indent+"  ") + indent + "- "}, {Offset: p.line(first), Length: len(indent)}}
	for number := first + 1; number <= last; number++ {
		edits = append(edits, Edit{Offset: p.line(number), New: "  "})
	}
	return Apply(p.content, edits)
}

func lastLine(n *yaml.Node) int {
	last := n.Line
	for _, child := range n.Content {
		last = max(last, lastLine(child))
	}
	return last
}

// missingStage has stages that a list lacks.
type missingStage struct {
	names []string
	// after is the index of the stage that they come after, or -1.
	after int
}

func missingStages(list *yaml.Node, stages []string) []missingStage {
	var missing []missingStage
	after := -1
	for i, stage := range stages {
		if at := slices.IndexFunc(list.Content, func(n *yaml.Node) bool { return n.Value == stage }); at >= 0 {
			after = at
			continue
		}
		if i > 0 && i == len(stages)-1 {
			after = len(list.Content) - 1
		}
		if len(missing) > 0 && missing[len(missing)-1].after == after {
			missing[len(missing)-1].names = append(missing[len(missing)-1].names, stage)
			continue
		}
		missing = append(missing, missingStage{[]string{stage}, after})
	}
	return missing
}

// stage is the edit that adds stages to a list.
func (p *pipelineFile) stage(list *yaml.Node, missing missingStage) (Edit, error) {
	if isBlock(list, yaml.SequenceNode) {
		dash := p.before(list.Content[0])
		if strings.TrimSpace(dash) != "-" {
			return Edit{}, errForm
		}
		at := p.line(list.Content[0].Line)
		if missing.after >= 0 {
			at = p.line(lastLine(list.Content[missing.after]) + 1)
		}
		return Edit{Offset: at, New: dash + strings.Join(missing.names, "\n"+dash) + "\n"}, nil
	}
	names := strings.Join(missing.names, ", ")
	if missing.after < 0 {
		return Edit{Offset: p.offset(list) + 1, New: names + ", "}, nil
	}
	end, err := p.end(list.Content[missing.after])
	return Edit{Offset: end, New: ", " + names}, err
}
