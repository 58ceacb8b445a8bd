package readme

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
)

// table prints what is between the markers. It holds no tag, because the README can be a part of an image, whose tag would change with it.
func table(components []pipeline.Component, newline string) string {
	lines := []string{"", "The project publishes no components."}
	if len(components) > 0 {
		lines = []string{"", "| component | image | inputs |", "|---|---|---|"}
	}
	inputs := []string{"", "| input | meaning |", "|---|---|"}
	known := map[string]bool{}
	for _, component := range slices.SortedFunc(slices.Values(components), byFile) {
		var names []string
		for _, input := range component.Inputs {
			names = append(names, "`"+input.Name+"`")
			if !known[input.Name] {
				inputs = append(inputs, fmt.Sprintf("| `%s` | %s |", input.Name, escape(input.Description)))
				known[input.Name] = true
			}
		}
		lines = append(lines, fmt.Sprintf("| [`%s`](%s) | %s | %s |", name(component.File), component.File, image(component), strings.Join(names, ", ")))
	}
	if len(known) > 0 {
		lines = append(lines, inputs...)
	}
	return strings.Join(append(lines, "", ""), newline)
}

func byFile(a, b pipeline.Component) int { return strings.Compare(a.File, b.File) }

// name is how an include names a component: templates/a.b.yml is a.b.
func name(file string) string {
	return strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".yml")
}

func image(component pipeline.Component) string {
	if component.Description == "" {
		return "`" + component.Image + "`"
	}
	return "`" + component.Image + "`: " + escape(component.Description)
}

// escape returns text that Markdown shows as it is, https://spec.commonmark.org/0.31.2/#backslash-escapes, and that makes no reference to a
// user, an issue or a variable in GitLab, https://docs.gitlab.com/user/markdown/#gitlab-specific-references.
func escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			continue
		case strings.ContainsRune("\\`*_[]<>|&~$@#!%^{}", r):
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
