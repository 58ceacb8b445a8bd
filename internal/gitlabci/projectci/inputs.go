package projectci

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/input"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
)

// checkInputs reports inputs for which GitLab refuses an include: the file does not declare them, requires them, or takes other values,
// https://docs.gitlab.com/ci/inputs/.
func (p *project) checkInputs() {
	for _, file := range p.read.Files {
		if file.From == (diagnostic.Span{}) || file.IsOptional {
			continue // who starts the pipeline passes the inputs of the first file, and rules may leave out an optional one
		}
		if file.Header.Get("spec").Has("include") {
			continue // other files declare some of its inputs, https://docs.gitlab.com/ci/yaml/#specinclude
		}
		declared := file.Header.Get("spec").Get("inputs")
		names := namesOf(declared)
		isUnknown := false
		for _, field := range fieldsOf(file.Given) {
			if declared.Has(field.Name) {
				continue
			}
			isUnknown = true
			p.found.Errorf(diagnostic.Inputs, field.At, "GitLab refuses the pipeline: %s has no input %s%s", file.Name, diagnostic.Quote(field.Name), diagnostic.DidYouMean(field.Name, names)).
				WithHint("%s", p.inputsHint(file.Name, names)).WithKey(file.Name + " " + field.Name)
		}
		if isUnknown || hasInputs(file.Given) {
			continue
		}
		var ofHeader problem.List
		spec := input.ParseSpec(file.Header.Get("spec"), &ofHeader)
		_, messages := spec.Values(file.Given)
		if len(ofHeader) > 0 {
			continue
		}
		at := file.From
		if file.Given != nil {
			at = file.Given.At
		}
		for _, message := range messages {
			hint := p.inputsHint(file.Name, names)
			if name, isMissing := strings.CutSuffix(message, "` input: required value has not been provided"); isMissing {
				hint = "add `" + strings.Trim(name, "`") + "` to the `inputs` of the include; " + hint
			}
			p.found.Errorf(diagnostic.Inputs, at, "GitLab refuses the pipeline: %s: %s", file.Name, message).
				WithHint("%s", hint).WithKey(file.Name + " " + message)
		}
	}
}

// inputsHint says what to pass to a file.
func (p *project) inputsHint(file string, names []string) string {
	switch {
	case len(names) > 0:
		return "its inputs are " + strings.Join(names, ", ")
	case file == p.output():
		return "remove `inputs`: for the version of GitLab in the definition (`gitlab`), the compiled file has none"
	}
	return "remove `inputs`, or declare them in a header of " + file
}

func fieldsOf(v *ciyaml.Value) []ciyaml.Field {
	if v == nil {
		return nil
	}
	return v.Fields
}

func namesOf(v *ciyaml.Value) []string {
	var names []string
	for _, field := range fieldsOf(v) {
		names = append(names, field.Name)
	}
	return names
}

// hasInputs reports whether a value, or one in it, has inputs that are not known.
func hasInputs(v *ciyaml.Value) bool {
	if v == nil {
		return false
	}
	return ciyaml.IsOpen(v.Text) || slices.ContainsFunc(v.Items, hasInputs) ||
		slices.ContainsFunc(v.Fields, func(field ciyaml.Field) bool { return ciyaml.IsOpen(field.Name) || hasInputs(field.Value) })
}
