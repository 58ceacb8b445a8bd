package bake

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// maxBytes is how large a file may be.
const maxBytes = 1 << 20

// reader holds the blocks of all files.
type reader struct {
	found *diagnostic.List
	scope *scope
	// blocks are those of each target, in the order of the files; order are the names of the targets.
	blocks map[string][]hcl.Attributes
	places map[string]diagnostic.Span
	order  []string
	groups map[string]*group
	// variants are the targets that matrices make, by their names, and done those that are read.
	variants map[string]variant
	done     map[string]Target
	// inherited are the names that targets inherit.
	inherited map[string]bool
	// isBroken says that a file could not be read at all.
	isBroken bool
}

// variant is one combination of a target's matrix; without a matrix there are no values.
type variant struct {
	of    string
	local map[string]cty.Value
}

// group is a name for several targets.
type group struct {
	at      diagnostic.Span
	targets []string
}

// schema are the blocks of a file; everything else at its top is a variable too.
var schema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "function", LabelNames: []string{"name"}},
	{Type: "group", LabelNames: []string{"name"}},
	{Type: "target", LabelNames: []string{"name"}},
}}

func newReader(files []File, found *diagnostic.List) *reader {
	r := &reader{
		found: found, blocks: map[string][]hcl.Attributes{}, places: map[string]diagnostic.Span{}, groups: map[string]*group{},
		variants: map[string]variant{}, done: map[string]Target{}, inherited: map[string]bool{},
	}
	r.scope = newScope(r)
	var blocks hcl.Blocks
	for _, file := range files {
		body := r.parse(file)
		if body == nil {
			r.isBroken = true
			continue
		}
		content, rest, wrong := body.PartialContent(schema)
		r.report(wrong)
		r.scope.declare(r.top(body, rest))
		blocks = append(blocks, content.Blocks...)
	}
	for _, block := range blocks {
		if slices.Contains([]string{"variable", "function"}, block.Type) {
			r.scope.block(block)
		}
	}
	for _, block := range blocks {
		r.block(block)
	}
	return r
}

// top are the attributes at the top of a file: of JSON all that is no block, and of HCL what is written like one.
func (r *reader) top(body, rest hcl.Body) hcl.Attributes {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		attributes, wrong := rest.JustAttributes()
		r.report(wrong)
		return attributes
	}
	for _, block := range native.Blocks {
		if !slices.ContainsFunc(schema.Blocks, func(known hcl.BlockHeaderSchema) bool { return known.Type == block.Type }) {
			r.found.Errorf(diagnostic.Import, span(block.TypeRange), "unknown block %s", diagnostic.Quote(block.Type))
		}
	}
	out := hcl.Attributes{}
	for name, attribute := range native.Attributes {
		out[name] = attribute.AsHCLAttribute()
	}
	return out
}

func (r *reader) parse(file File) hcl.Body {
	if len(file.Content) > maxBytes {
		r.found.Errorf(diagnostic.Import, diagnostic.Span{File: file.Name}, "the file is larger than %d MiB", maxBytes>>20)
		return nil
	}
	if !r.checkDepth(file) {
		return nil
	}
	parse := func(content []byte, name string) (*hcl.File, hcl.Diagnostics) {
		return hclsyntax.ParseConfig(content, name, hcl.InitialPos)
	}
	if path.Ext(file.Name) == ".json" {
		parse = json.Parse
	}
	parsed, wrong := parse(file.Content, file.Name)
	if r.report(wrong) {
		return nil
	}
	return parsed.Body
}

// block keeps a group or a target for later, when all that they may name is known.
func (r *reader) block(block *hcl.Block) {
	if block.Type != "group" && block.Type != "target" {
		return
	}
	name := block.Labels[0]
	attributes, wrong := block.Body.JustAttributes()
	if r.report(wrong) {
		return
	}
	if block.Type == "target" {
		if r.blocks[name] == nil {
			r.order = append(r.order, name)
			r.places[name] = span(block.DefRange)
		}
		r.blocks[name] = append(r.blocks[name], attributes)
		return
	}
	if r.groups[name] == nil {
		r.groups[name] = &group{at: span(block.DefRange)}
	}
	if targets, ok := attributes["targets"]; ok {
		r.groups[name].targets = append(r.groups[name].targets, (reading{r, targets, nil, &Target{}}).texts()...)
	}
}

// checkNames warns of groups that name a target nobody declares: that is no error as long as nobody builds the group.
func (r *reader) checkNames() {
	for _, name := range slices.Sorted(maps.Keys(r.groups)) {
		group := r.groups[name]
		for _, target := range group.targets {
			if _, isVariant := r.variants[target]; !isVariant && r.blocks[target] == nil && r.groups[target] == nil {
				r.found.Warnf(diagnostic.Import, group.at, "the group %s names the target %s, which is nowhere%s", diagnostic.Quote(name), diagnostic.Quote(target), diagnostic.DidYouMean(target, r.order))
			}
		}
	}
}

// report takes over what the language's own reader says; it returns whether there were errors.
func (r *reader) report(wrong hcl.Diagnostics) bool {
	for _, d := range wrong {
		if d.Severity != hcl.DiagError {
			continue
		}
		at := diagnostic.Span{}
		if d.Subject != nil {
			at = span(*d.Subject)
		}
		text := strings.TrimSuffix(strings.Join(strings.Fields(d.Detail), " "), ".")
		if text == "" {
			text = d.Summary
		}
		r.found.Errorf(diagnostic.Import, at, "%s", text)
	}
	return wrong.HasErrors()
}
