// Package gitlabcitest prints pipelines for tests, so that a reader sees at once which jobs they have.
package gitlabcitest

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// Table prints the result of each kind of pipeline. Kinds with equal results are printed together.
func Table(kinds []pipeline.Kind, evaluate func(pipeline.Kind) *pipeline.Pipeline, line func(pipeline.Job) string) string {
	var texts []string
	names := map[string][]string{}
	for _, kind := range kinds {
		text := Print(evaluate(kind), line)
		if names[text] == nil {
			texts = append(texts, text)
		}
		names[text] = append(names[text], kind.Name)
	}
	var out strings.Builder
	for _, text := range texts {
		which := strings.Join(names[text], ", ")
		if len(texts) == 1 {
			which = "all"
		}
		fmt.Fprintf(&out, "%s: %s", which, text)
	}
	return out.String()
}

// Print prints a pipeline with its child pipelines. Line prints a job.
func Print(p *pipeline.Pipeline, line func(pipeline.Job) string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", headline(p))
	for _, problem := range p.Problems {
		fmt.Fprintf(&out, "  %s\n", problem)
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(&out, "  warning: %s\n", warning)
	}
	for _, job := range p.Jobs {
		fmt.Fprintf(&out, "  %s\n", line(job))
		if child, ok := p.Child(job); ok {
			fmt.Fprintf(&out, "    starts %s", strings.ReplaceAll(Print(child, line), "\n  ", "\n      "))
		}
	}
	return out.String()
}

func headline(p *pipeline.Pipeline) string {
	switch {
	case p.Outcome != pipeline.Created:
		return p.Outcome.String()
	case len(p.Jobs) == 1:
		return "1 job"
	}
	return fmt.Sprintf("%d jobs", len(p.Jobs))
}

// Name prints a job's name, and how it starts where that is not as usual.
func Name(job pipeline.Job) string {
	var notes []string
	if job.When != config.OnSuccess {
		notes = append(notes, string(job.When))
	}
	if job.AllowFailure {
		notes = append(notes, "may fail")
	}
	if len(notes) == 0 {
		return job.Name
	}
	return fmt.Sprintf("%s (%s)", job.Name, strings.Join(notes, ", "))
}

// Full prints a job with its tags, needs and variables. An optional need ends in `?`, one without artifacts in `-`, and a variable that is
// not expanded has `:=`.
func Full(job pipeline.Job) string {
	out := Name(job)
	if job.Tags != nil {
		out += fmt.Sprintf(" tags %v", job.Tags)
	}
	if job.HasNeeds {
		out += fmt.Sprintf(" needs %v", needs(job.Needs))
	}
	if len(job.Variables) > 0 {
		out += " with " + strings.Join(variables(job.Variables), " ")
	}
	return out
}

func needs(needs []config.Need) []string {
	out := make([]string, len(needs))
	for i, need := range needs {
		out[i] = need.Job
		if need.IsOptional {
			out[i] += "?"
		}
		if !need.Artifacts {
			out[i] += "-"
		}
	}
	return out
}

func variables(list variable.List) []string {
	var out []string
	for _, v := range list {
		sign := "="
		if v.IsRaw {
			sign = ":="
		}
		out = append(out, fmt.Sprintf("%s%s%q", v.Name, sign, v.Value))
	}
	slices.Sort(out)
	return out
}
