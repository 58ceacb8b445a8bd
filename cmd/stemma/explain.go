package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func newExplainCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	return projectCommand{
		use:     "explain IMAGE",
		short:   "Show an image's parents, children, tag, inputs, jobs and rules",
		formats: []string{"text", "json"},
		args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError{Err: errors.New("explain needs the name of one image")}
			}
			return nil
		},
		run: func(p *project, format string, args []string) error {
			if p.found.HasErrors() {
				return p.print("text")
			}
			about, err := explainImage(p, args[0])
			switch {
			case err != nil:
				return err
			case format == "json":
				return encodeJSON(p.std.Out, about)
			default:
				return about.print(p.std.Out)
			}
		},
	}.command(std, getenv)
}

func explainImage(p *project, name string) (explanation, error) {
	i := slices.IndexFunc(p.result.Graph.Images, func(image *lineage.Image) bool { return image.Name == name })
	if i < 0 {
		return explanation{}, cli.UsageError{Err: fmt.Errorf("there is no image %q%s", name, diagnostic.DidYouMean(name, imageNames(p.result.Graph)))}
	}
	e := explain(p.result.Graph.Images[i], p.result.Pipeline.Sections[i])
	for _, child := range p.result.Pipeline.Children {
		if j := slices.IndexFunc(child.Sections, func(s pipeline.Section) bool { return s.Image == name }); j >= 0 {
			e = explain(p.result.Graph.Images[i], child.Sections[j])
			e.Pipeline = child.Trigger.Name
		}
	}
	return e, nil
}

func imageNames(graph *lineage.Graph) []string {
	names := make([]string, len(graph.Images))
	for i, image := range graph.Images {
		names[i] = image.Name
	}
	return names
}

// explanation is what `explain` says, field by field as it prints them.
type explanation struct {
	Image       string       `json:"image"`
	Declared    string       `json:"declared"`
	Tag         string       `json:"tag"`
	ContentTag  bool         `json:"content_tag"`
	Parents     []string     `json:"parents"`
	After       []string     `json:"after,omitempty"`
	Children    []string     `json:"children"`
	Ingredients []ingredient `json:"ingredients"`
	// Pipeline is the job that starts the child pipeline of the jobs; empty where they are in the project's own.
	Pipeline string         `json:"pipeline,omitempty"`
	Jobs     []explainedJob `json:"jobs"`
}

type ingredient struct {
	Name string `json:"name"`
	Sum  string `json:"sum"`
}

type explainedJob struct {
	Name  string   `json:"name"`
	Stage string   `json:"stage"`
	Needs []string `json:"needs"`
	Rules []string `json:"rules"`
}

func explain(image *lineage.Image, section pipeline.Section) explanation {
	e := explanation{
		Image: image.Name, Declared: image.Span.String(), Tag: image.Tag.String(), ContentTag: !image.Image.Tag.Present(),
		Parents: []string{}, Children: []string{}, Ingredients: []ingredient{}, Jobs: []explainedJob{},
	}
	for _, parent := range image.Parents {
		e.Parents = append(e.Parents, parent.String())
	}
	for _, before := range image.After {
		e.After = append(e.After, before.Name)
	}
	for _, child := range image.Children {
		e.Children = append(e.Children, child.Name)
	}
	for _, i := range image.Ingredients {
		e.Ingredients = append(e.Ingredients, ingredient(i))
	}
	for _, job := range section.Jobs {
		if !strings.HasPrefix(job.Name, ".") {
			e.Jobs = append(e.Jobs, explainJob(job))
		}
	}
	return e
}

func explainJob(job pipeline.Job) explainedJob {
	out := explainedJob{Name: job.Name, Stage: job.Stage, Needs: []string{}, Rules: []string{}}
	for _, need := range job.Needs {
		out.Needs = append(out.Needs, need.Job)
	}
	for _, rule := range job.Rules {
		out.Rules = append(out.Rules, describeRule(rule))
	}
	return out
}

func describeRule(rule pipeline.Rule) string {
	when := string(cmp.Or(rule.When, pipeline.OnSuccess))
	if !rule.If.IsZero() {
		when += " if " + rule.If.String()
	}
	if len(rule.Changes) > 0 {
		when += " and one of these changed: " + strings.Join(rule.Changes, ", ")
	}
	var set []string
	for _, variable := range rule.Variables {
		set = append(set, variable.Name+"="+variable.Value)
	}
	if len(set) > 0 {
		when += ", with " + strings.Join(set, " ")
	}
	return when
}

func (e explanation) print(w io.Writer) error {
	var b strings.Builder
	kind := "written by hand"
	if e.ContentTag {
		kind = "from its content"
	}
	fmt.Fprintf(&b, "%s, declared at %s\n\ntag       %s (%s)\nparents   %s\n", e.Image, e.Declared, e.Tag, kind, orNone(e.Parents))
	if len(e.After) > 0 {
		fmt.Fprintf(&b, "after     %s\n", orNone(e.After))
	}
	fmt.Fprintf(&b, "children  %s\n\nmade of\n", orNone(e.Children))
	for _, i := range e.Ingredients {
		fmt.Fprintf(&b, "  %-16.16s  %s\n", i.Sum, i.Name)
	}
	b.WriteString("\njobs")
	if e.Pipeline != "" {
		b.WriteString(" in the child pipeline of " + e.Pipeline)
	}
	b.WriteByte('\n')
	for _, job := range e.Jobs {
		fmt.Fprintf(&b, "  %s (stage %s)\n", job.Name, job.Stage)
		if len(job.Needs) > 0 {
			fmt.Fprintf(&b, "    needs %s\n", strings.Join(job.Needs, ", "))
		}
		for _, rule := range job.Rules {
			fmt.Fprintf(&b, "    %s\n", rule)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func encodeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
