package cuex_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"cuelang.org/go/cue/format"

	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/schema"
)

// keysSource prints rules for the keys of definitions. A document that embeds a definition, as the manual shows, opens all of its maps, so CUE
// itself would allow any key.
func keysSource(shapes []shape.Named) ([]byte, error) {
	declared := map[string]bool{}
	for _, file := range []string{"definition.cue", "distribution.cue"} {
		content, err := fs.ReadFile(schema.FS, file)
		if err != nil {
			return nil, err
		}
		for _, match := range regexp.MustCompile(`(?m)^#([A-Za-z]+): \{`).FindAllStringSubmatch(string(content), -1) {
			declared[match[1]] = true
		}
	}
	k := keyPrinter{named: map[string]bool{}}
	for _, definition := range shapes {
		if definition.Shape.Object != nil {
			k.named[key(definition.Shape.Object)] = true
		}
	}
	k.out.WriteString("// Code generated from definition.cue and distribution.cue by `make generate`. DO NOT EDIT.\n\npackage schema\n\n")
	for _, definition := range shapes {
		if declared[definition.Name] {
			fmt.Fprintf(&k.out, "#%s: %s\n", definition.Name, k.object(definition.Shape.Object))
		}
	}
	return format.Source([]byte(k.out.String()))
}

type keyPrinter struct {
	out   strings.Builder
	named map[string]bool
}

// object prints the rules of an object and of those in it that have no definition of their own.
func (k *keyPrinter) object(o *shape.Object) string {
	var out strings.Builder
	out.WriteString("{\n")
	if o.Key != nil {
		for _, pattern := range o.Key.Scalar.Patterns {
			fmt.Fprintf(&out, "[!~%q]: error(%q)\n", pattern.Text, o.Key.Scalar.Say)
		}
	}
	names := make([]string, len(o.Fields))
	for i, field := range o.Fields {
		names[i] = field.Name
		if inner := field.Shape.Object; inner != nil && !k.named[key(inner)] && field.Shape.Scalar == nil {
			fmt.Fprintf(&out, "%s?: %s\n", field.Name, k.object(inner))
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(&out, "[K=!~\"^(%s)$\"]: error(\"unknown key \\(K)\")\n", strings.Join(names, "|"))
	}
	return out.String() + "}"
}
