package bake

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// maxTargets is how many targets a matrix may make.
const maxTargets = 1000

// vary returns the names of the targets that a name means: its own, or those that its matrix makes.
func (r *reader) vary(name string) []string {
	var out []string
	for _, local := range r.matrix(name) {
		own := name
		if local != nil {
			own = r.nameOf(name, local)
		}
		if _, isTwice := r.variants[own]; isTwice || local != nil && own != name && r.blocks[own] != nil {
			r.found.Errorf(diagnostic.Import, r.places[name], "the matrix makes the target %s twice: let `name` tell them apart", diagnostic.Quote(own))
		}
		r.variants[own] = variant{name, local}
		out = append(out, own)
	}
	return out
}

// target returns a target merged over the targets that it inherits. Chain has the names that lead to it.
func (r *reader) target(name string, chain []string) Target {
	if done, ok := r.done[name]; ok {
		return done
	}
	v := r.variants[name]
	t := Target{Name: name, At: r.places[v.of], Args: map[string]string{}, Labels: map[string]string{}, Contexts: map[string]string{}, Others: map[string]Other{}}
	if slices.Contains(chain, name) {
		r.found.Errorf(diagnostic.Import, t.At, "the target %s inherits itself: %s", diagnostic.Quote(name), strings.Join(append(chain, name), " → "))
		return t
	}
	for _, attributes := range r.blocks[v.of] {
		if inherits, ok := attributes["inherits"]; ok {
			for _, parent := range (reading{r, inherits, v.local, &t}).texts() {
				if _, ok := r.variants[parent]; !ok {
					r.found.Errorf(diagnostic.Import, span(inherits.Range), "%s inherits %s, which is nowhere%s", diagnostic.Quote(name), diagnostic.Quote(parent), diagnostic.DidYouMean(parent, r.order))
					continue
				}
				r.inherited[parent] = true
				t.inherit(r.target(parent, append(slices.Clone(chain), name)))
			}
		}
	}
	for _, attributes := range r.blocks[v.of] {
		for _, key := range slices.Sorted(maps.Keys(attributes)) {
			r.set(&t, attributes[key], v.local)
		}
	}
	r.done[name] = t
	return t
}

// inherit lays a target over what is there already.
func (t *Target) inherit(over Target) {
	for _, text := range []struct{ to, from *string }{{&t.Context, &over.Context}, {&t.Dockerfile, &over.Dockerfile}, {&t.Inline, &over.Inline}, {&t.Stage, &over.Stage}} {
		if *text.from != "" {
			*text.to = *text.from
		}
	}
	if over.Platforms != nil {
		t.Platforms = over.Platforms
	}
	if over.Tags != nil {
		t.Tags = over.Tags
	}
	if over.Outputs != nil {
		t.Outputs = over.Outputs
	}
	for _, key := range over.Open {
		t.open(key)
	}
	maps.Copy(t.Args, over.Args)
	maps.Copy(t.Labels, over.Labels)
	maps.Copy(t.Contexts, over.Contexts)
	maps.Copy(t.Others, over.Others)
	for _, secret := range over.Secrets {
		t.give(secret)
	}
}

// open notes a key whose value is not known.
func (t *Target) open(key string) {
	if !slices.Contains(t.Open, key) {
		t.Open = append(t.Open, key)
	}
}

// set takes an attribute of a target.
func (r *reader) set(t *Target, attribute *hcl.Attribute, local map[string]cty.Value) {
	a := reading{r, attribute, local, t}
	switch attribute.Name {
	case "inherits", "matrix", "name", "description":
	case "context":
		a.text(&t.Context)
	case "dockerfile":
		a.text(&t.Dockerfile)
	case "dockerfile-inline":
		a.text(&t.Inline)
	case "target":
		a.text(&t.Stage)
	case "platforms":
		t.Platforms = a.texts()
	case "tags":
		t.Tags = a.texts()
	case "args":
		maps.Copy(t.Args, a.entries())
	case "labels":
		maps.Copy(t.Labels, a.entries())
	case "contexts":
		contexts := a.entries()
		maps.DeleteFunc(contexts, func(_, meaning string) bool { return meaning == "" })
		maps.Copy(t.Contexts, contexts)
	case "secret":
		a.secrets()
	case "output":
		t.Outputs = outputs(r.value(attribute, local))
	default:
		t.Others[attribute.Name] = Other{At: span(attribute.NameRange), IsEmpty: isEmpty(r.value(attribute, local))}
	}
}

var outputType = regexp.MustCompile(`(?:^|,)\s*type=([a-z]+)`)

// outputs are the types of a list of outputs: each is "type=TYPE,…", a path, or an object.
func outputs(value cty.Value) []string {
	out := []string{}
	if value.IsNull() || !value.IsWhollyKnown() || !value.CanIterateElements() || value.Type().IsMapType() || value.Type().IsObjectType() {
		return out
	}
	for _, item := range value.AsValueSlice() {
		kind := "local"
		switch {
		case item.IsNull():
			continue
		case item.Type() == cty.String:
			if m := outputType.FindStringSubmatch(item.AsString()); m != nil {
				kind = m[1]
			}
		case item.Type().IsObjectType() && item.Type().HasAttribute("type") && item.GetAttr("type").Type() == cty.String && !item.GetAttr("type").IsNull():
			kind = item.GetAttr("type").AsString()
		}
		out = append(out, kind)
	}
	return out
}

func isEmpty(value cty.Value) bool {
	switch {
	case value.IsNull() || !value.IsWhollyKnown():
		return value.IsNull()
	case value.Type() == cty.Bool:
		return value.False()
	case value.Type() == cty.String:
		return value.AsString() == ""
	case value.CanIterateElements():
		return value.LengthInt() == 0
	}
	return false
}

func (r *reader) value(attribute *hcl.Attribute, local map[string]cty.Value) cty.Value {
	value, wrong := r.scope.evaluate(attribute.Expr, local)
	if r.report(wrong) {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	return value
}

// reading is an attribute that is read for a target.
type reading struct {
	*reader
	attribute *hcl.Attribute
	local     map[string]cty.Value
	target    *Target
}

// as is the value of the attribute as another type; null where it is none.
func (a reading) as(to cty.Type) cty.Value {
	value := a.value(a.attribute, a.local)
	out, err := convert.Convert(value, to)
	if err != nil {
		a.found.Errorf(diagnostic.Import, span(a.attribute.Expr.Range()), "%s must be %s", a.attribute.Name, to.FriendlyName())
		return cty.NullVal(to)
	}
	if !out.IsKnown() {
		a.target.open(a.attribute.Name)
		return cty.NullVal(to)
	}
	return out
}

func (a reading) text(to *string) {
	if value := a.as(cty.String); !value.IsNull() {
		*to = value.AsString()
	}
}

// texts are the texts of a list, each once; what is null or empty is left out.
func (a reading) texts() []string {
	out := []string{}
	value := a.as(cty.List(cty.String))
	if value.IsNull() {
		return out
	}
	for _, item := range value.AsValueSlice() {
		switch {
		case !item.IsKnown():
			a.target.open(a.attribute.Name)
		case !item.IsNull() && item.AsString() != "" && !slices.Contains(out, item.AsString()):
			out = append(out, item.AsString())
		}
	}
	return out
}

// entries are the entries of a map of texts; nulls are left out.
func (a reading) entries() map[string]string {
	out := map[string]string{}
	value := a.as(cty.Map(cty.String))
	if value.IsNull() {
		return out
	}
	for name, item := range value.AsValueMap() {
		switch {
		case !item.IsKnown():
			a.target.open(a.attribute.Name + "." + name)
		case !item.IsNull():
			out[name] = item.AsString()
		}
	}
	return out
}

// matrix are the values of a target's matrix, one set for each combination; a target without one has a single nil.
func (r *reader) matrix(name string) []map[string]cty.Value {
	var attribute *hcl.Attribute
	for _, attributes := range r.blocks[name] {
		if matrix, ok := attributes["matrix"]; ok {
			attribute = matrix
		}
	}
	if attribute == nil {
		return []map[string]cty.Value{nil}
	}
	value := r.value(attribute, nil)
	if value.IsNull() || !value.CanIterateElements() || value.Type().IsTupleType() || value.Type().IsListType() || value.Type().IsSetType() {
		r.found.Errorf(diagnostic.Import, span(attribute.Range), "a matrix must be a map of lists")
		return nil
	}
	out := []map[string]cty.Value{{}}
	axes := value.AsValueMap()
	for _, axis := range slices.Sorted(maps.Keys(axes)) {
		if axes[axis].IsNull() || !axes[axis].CanIterateElements() {
			r.found.Errorf(diagnostic.Import, span(attribute.Range), "%s of the matrix must be a list", axis)
			return nil
		}
		var next []map[string]cty.Value
		for _, under := range out {
			for _, item := range axes[axis].AsValueSlice() {
				local := maps.Clone(under)
				local[axis] = item
				next = append(next, local)
			}
			if len(next) > maxTargets {
				r.found.Errorf(diagnostic.Import, span(attribute.Range), "the matrix makes more than %d targets", maxTargets)
				return nil
			}
		}
		out = next
	}
	return out
}

// nameOf is the name of a target that a matrix makes.
func (r *reader) nameOf(name string, local map[string]cty.Value) string {
	out := name
	for _, attributes := range r.blocks[name] {
		if attribute, ok := attributes["name"]; ok {
			(reading{r, attribute, local, &Target{}}).text(&out)
		}
	}
	return out
}
