package bake

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// The bounds of values: what grows without end is stopped.
const (
	maxDepth = 50
	maxCalls = 100_000
	maxSize  = 1 << 20
)

// scope knows the values of names in expressions.
type scope struct {
	reader *reader
	// expressions are those of the variables; a variable without a default is empty text.
	expressions map[string]hcl.Expression
	functions   map[string]function.Function
	values      map[string]cty.Value
	active      map[string]bool
	// used are the variables that the environment may set.
	used         map[string]bool
	depth, calls int
	// endless is a function that calls itself without end; it may be empty.
	endless string
}

func newScope(r *reader) *scope {
	s := &scope{reader: r, expressions: map[string]hcl.Expression{}, functions: builtin(), values: map[string]cty.Value{}, active: map[string]bool{}, used: map[string]bool{}}
	for name, value := range map[string]string{"BAKE_CMD_CONTEXT": "", "BAKE_LOCAL_PLATFORM": "linux/amd64"} {
		s.values[name] = cty.StringVal(value)
	}
	return s
}

// declare takes the attributes at the top of a file, which are variables that the environment does not set.
func (s *scope) declare(attributes hcl.Attributes) {
	for name, attribute := range attributes {
		s.expressions[name] = attribute.Expr
	}
}

// block takes a variable or a function.
func (s *scope) block(block *hcl.Block) {
	name := block.Labels[0]
	if block.Type == "function" {
		s.function(name, block)
		return
	}
	content, _, wrong := block.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "default"}}})
	s.reader.report(wrong)
	s.used[name] = true
	if preset, ok := content.Attributes["default"]; ok {
		s.expressions[name] = preset.Expr
		return
	}
	if _, ok := s.expressions[name]; !ok {
		s.expressions[name] = hcl.StaticExpr(cty.StringVal(""), block.DefRange)
	}
}

// function takes a function whose result is an expression of its parameters.
func (s *scope) function(name string, block *hcl.Block) {
	content, wrong := block.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "params", Required: true}, {Name: "variadic_params"}, {Name: "result", Required: true}}})
	if s.reader.report(wrong) {
		return
	}
	spec := &function.Spec{}
	expressions, wrong := hcl.ExprList(content.Attributes["params"].Expr)
	s.reader.report(wrong)
	for _, expression := range expressions {
		spec.Params = append(spec.Params, s.parameter(expression))
	}
	if variadic, ok := content.Attributes["variadic_params"]; ok {
		parameter := s.parameter(variadic.Expr)
		spec.VarParam = &parameter
	}
	call := func(args []cty.Value) (cty.Value, error) {
		if s.calls++; s.depth >= maxDepth || s.calls > maxCalls {
			s.endless = name
			return cty.DynamicVal, fmt.Errorf("the function %s calls itself without end", name)
		}
		s.depth++
		defer func() { s.depth-- }()
		local := map[string]cty.Value{}
		for i, parameter := range spec.Params {
			local[parameter.Name] = args[i]
		}
		if spec.VarParam != nil {
			local[spec.VarParam.Name] = cty.TupleVal(args[len(spec.Params):])
		}
		value, wrong := s.evaluate(content.Attributes["result"].Expr, local)
		if wrong.HasErrors() {
			return cty.DynamicVal, wrong
		}
		return value, nil
	}
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		value, err := call(args)
		return value.Type(), err
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) { return call(args) }
	s.functions[name] = function.New(spec)
}

func (s *scope) parameter(expression hcl.Expression) function.Parameter {
	name := hcl.ExprAsKeyword(expression)
	if name == "" {
		s.reader.report(hcl.Diagnostics{{Severity: hcl.DiagError, Detail: "the name of a parameter must be an identifier", Subject: expression.Range().Ptr()}})
	}
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}
}

// evaluate is the value of an expression, in which some names mean something else than variables.
func (s *scope) evaluate(expression hcl.Expression, local map[string]cty.Value) (cty.Value, hcl.Diagnostics) {
	context := &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: s.functions}
	for name, value := range local {
		context.Variables[name] = value
	}
	others := map[string]map[string]cty.Value{}
	for _, traversal := range expression.Variables() {
		name := traversal.RootName()
		if _, ok := context.Variables[name]; ok {
			continue
		}
		if _, ok := s.expressions[name]; !ok && name == "target" {
			if wrong := s.other(traversal, others); wrong.HasErrors() {
				return cty.DynamicVal, wrong
			}
			continue
		}
		value, wrong := s.variable(name, traversal)
		if wrong.HasErrors() {
			return cty.DynamicVal, wrong
		}
		context.Variables[name] = value
	}
	if len(others) > 0 {
		objects := map[string]cty.Value{}
		for name, attributes := range others {
			objects[name] = cty.ObjectVal(attributes)
		}
		context.Variables["target"] = cty.ObjectVal(objects)
	}
	value, wrong := expression.Value(context)
	if wrong.HasErrors() && s.endless != "" {
		return cty.DynamicVal, mistake(expression.Range(), "the function %s calls itself without end", s.endless)
	}
	if !wrong.HasErrors() && size(value, maxSize) <= 0 {
		return cty.DynamicVal, mistake(expression.Range(), "the value is larger than %d MiB", maxSize>>20)
	}
	return value, wrong
}

// variable is the value of a name.
func (s *scope) variable(name string, traversal hcl.Traversal) (cty.Value, hcl.Diagnostics) {
	if value, ok := s.values[name]; ok {
		return value, nil
	}
	at := traversal.SourceRange()
	expression, ok := s.expressions[name]
	switch {
	case !ok:
		return cty.DynamicVal, mistake(at, "the variable %s is nowhere", name)
	case s.active[name] || s.depth >= maxDepth:
		return cty.DynamicVal, mistake(at, "the variable %s leads back to itself", name)
	}
	s.active[name] = true
	s.depth++
	value, wrong := s.evaluate(expression, nil)
	s.depth--
	delete(s.active, name)
	if !wrong.HasErrors() {
		s.values[name] = value
	}
	return value, wrong
}

// other adds an attribute of another target, as that target has it in its own blocks, to those that an expression names.
func (s *scope) other(traversal hcl.Traversal, to map[string]map[string]cty.Value) hcl.Diagnostics {
	at := traversal.SourceRange()
	if len(traversal) < 3 {
		return mistake(at, "of other targets only attributes can be read, as target.NAME.tags")
	}
	name, key := step(traversal[1]), step(traversal[2])
	var attribute *hcl.Attribute
	for _, attributes := range s.reader.blocks[name] {
		if attributes[key] != nil {
			attribute = attributes[key]
		}
	}
	switch {
	case attribute == nil:
		return mistake(at, "the target %s has no %s of its own", name, key)
	case s.depth >= maxDepth:
		return mistake(at, "%s of the target %s leads back to itself", key, name)
	}
	s.depth++
	value, wrong := s.evaluate(attribute.Expr, nil)
	s.depth--
	if !wrong.HasErrors() {
		if to[name] == nil {
			to[name] = map[string]cty.Value{}
		}
		to[name][key] = value
	}
	return wrong
}

// step is the name in a part of a traversal.
func step(part hcl.Traverser) string {
	switch part := part.(type) {
	case hcl.TraverseAttr:
		return part.Name
	case hcl.TraverseIndex:
		if part.Key.Type() == cty.String {
			return part.Key.AsString()
		}
	}
	return ""
}

func mistake(at hcl.Range, format string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Detail: fmt.Sprintf(format, args...), Subject: &at}}
}

// size is what is left of a budget after a value; it stops where nothing is.
func size(value cty.Value, left int) int {
	left--
	switch {
	case left <= 0 || !value.IsKnown() || value.IsNull():
	case value.Type() == cty.String:
		left -= len(value.AsString())
	case value.CanIterateElements():
		for it := value.ElementIterator(); it.Next() && left > 0; {
			_, item := it.Element()
			left = size(item, left)
		}
	}
	return left
}
