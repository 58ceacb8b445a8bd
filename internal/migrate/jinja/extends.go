package jinja

import (
	"errors"
	"fmt"
	"strings"
)

// block is {% block … %}: a part that a template which extends this one may replace.
type block struct {
	name             string
	body             []statement
	scoped, required bool
	at               int
}

// placedBlock is a block with the template that contains it.
type placedBlock struct {
	block    *block
	template *Template
}

// extends is {% extends … %}.
type extends struct {
	parent expression
	at     int
}

func (s *extends) exec(f *frame) error {
	if f.parent != nil {
		return fail(s.at, "a template can extend one other, and this one has done so already")
	}
	t, err := f.load(s.parent, s.at)
	if err != nil {
		return err
	}
	f.parent = t
	f.out = &strings.Builder{} // what a template prints outside of its blocks is dropped from here on
	return nil
}

// render executes the template in a frame of its own, and then the one that it extends.
func (t *Template) render(f *frame) error {
	if f.blocks == nil {
		f.blocks = map[string][]placedBlock{}
	}
	for name, b := range t.blocks {
		f.blocks[name] = append(f.blocks[name], placedBlock{b, t})
	}
	f.top = f.scope
	if len(f.blocks) > 0 {
		f.scope.set("self", selfOf(f))
	}
	out := f.out
	defer func() { f.out = out }()
	if err := f.exec(t.body); err != nil || f.parent == nil {
		return err
	}
	parent, err := f.deeper()
	if err != nil {
		return t.locate(at(0, err))
	}
	parent.template, parent.parent, parent.out, parent.scope = f.parent, nil, out, f.scope
	return f.parent.render(parent)
}

// blockPlace is the place of a block in its template.
type blockPlace struct{ block *block }

func (s *blockPlace) exec(f *frame) error {
	if f.parent != nil {
		return nil // the extended template decides where the blocks are printed
	}
	all := f.blocks[s.block.name]
	if len(all) == 0 {
		return nil
	}
	if all[0].block.required {
		return fail(s.block.at, "the block %q is required, and nothing fills it", s.block.name)
	}
	return at(s.block.at, f.block(all, f.scope, s.block.scoped))
}

// block executes the first of the bodies of a block.
func (f *frame) block(all []placedBlock, around *scope, scoped bool) error {
	inner, err := f.deeper()
	if err != nil {
		return err
	}
	inner.template = all[0].template
	if inner.scope = newScope(f.top); scoped {
		inner.scope = newScope(around)
	}
	inner.scope.set("super", Function(func(*Call) (any, error) {
		if len(all) < 2 {
			return nil, errors.New("there is no parent block called " + all[0].block.name)
		}
		return inner.captured(func(f *frame) error { return f.block(all[1:], around, scoped) })
	}))
	inner.scope.set("self", selfOf(inner))
	return inner.exec(all[0].block.body)
}

// selfOf is the variable "self": the blocks as functions.
func selfOf(f *frame) *Dict {
	d := &Dict{}
	for name, all := range f.blocks {
		_ = d.Set(name, Function(func(c *Call) (any, error) {
			if err := c.Done(); err != nil {
				return nil, fmt.Errorf("self.%s: %w", name, err)
			}
			return f.captured(func(f *frame) error { return f.block(all, f.top, false) })
		}))
	}
	return d
}
