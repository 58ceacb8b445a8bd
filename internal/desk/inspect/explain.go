// Package inspect shows what a definition compiles to: one image with its jobs, or the graph of all images.
package inspect

import (
	"cmp"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// Explanation has the facts about an image, in the order in which Text prints them.
type Explanation struct {
	Image      string   `json:"image"`
	Declared   string   `json:"declared"`
	Tag        string   `json:"tag"`
	ContentTag bool     `json:"content_tag"`
	Parents    []string `json:"parents"`
	After      []string `json:"after,omitempty"`
	Children   []string `json:"children"`
	// Dependents are projects in which the image starts pipelines, each with the ref.
	Dependents  []string     `json:"dependents,omitempty"`
	Ingredients []ingredient `json:"ingredients"`
	// Pipeline is the job that starts the child pipeline of the jobs; empty if they are in the project's own pipeline.
	Pipeline string `json:"pipeline,omitempty"`
	Jobs     []job  `json:"jobs"`
}

type ingredient struct {
	Name string `json:"name"`
	Sum  string `json:"sum"`
}

type job struct {
	Name  string   `json:"name"`
	Stage string   `json:"stage"`
	Needs []string `json:"needs"`
	Rules []string `json:"rules"`
}

// Explain explains the image with a name.
func Explain(p *project.Project, name string) (Explanation, error) {
	i, err := p.Image(name)
	if err != nil {
		return Explanation{}, err
	}
	return explanations(p)[i], nil
}

// explanations explains all images, in the order of the graph.
func explanations(p *project.Project) []Explanation {
	type started struct {
		section pipeline.Section
		by      string
	}
	children := map[string]started{}
	for _, child := range p.Pipeline.Children {
		for _, section := range child.Sections {
			children[section.Image] = started{section, child.Trigger.Name}
		}
	}
	all := make([]Explanation, len(p.Graph.Images))
	for i, image := range p.Graph.Images {
		child, isInChild := children[image.Name]
		if !isInChild {
			child.section = p.Pipeline.Sections[i]
		}
		all[i] = explain(image, child.section)
		all[i].Pipeline = child.by
	}
	return all
}

func explain(image *lineage.Image, section pipeline.Section) Explanation {
	e := Explanation{
		Image: image.Name, Declared: image.Span.String(), Tag: image.Tag.String(), ContentTag: !image.Image.Tag.Present(),
		Parents: []string{}, Children: []string{}, Dependents: dependents(image.Dependents), Ingredients: []ingredient{}, Jobs: []job{},
	}
	for _, parent := range image.Origins() {
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
	for _, compiled := range section.Jobs {
		if !strings.HasPrefix(compiled.Name, ".") {
			e.Jobs = append(e.Jobs, explainJob(compiled))
		}
	}
	return e
}

func explainJob(compiled pipeline.Job) job {
	out := job{Name: compiled.Name, Stage: compiled.Stage, Needs: []string{}, Rules: []string{}}
	for _, need := range compiled.Needs {
		out.Needs = append(out.Needs, need.Job)
	}
	for _, rule := range compiled.Rules {
		out.Rules = append(out.Rules, describeRule(rule))
	}
	return out
}

func describeRule(rule pipeline.Rule) string {
	if len(rule.Variables) == 0 {
		return rule.Condition()
	}
	set := make([]string, len(rule.Variables))
	for i, variable := range rule.Variables {
		set[i] = variable.Name + "=" + variable.Value
	}
	return rule.Condition() + ", with " + strings.Join(set, " ")
}

// Text returns the explanation for people.
func (e Explanation) Text() string {
	var b strings.Builder
	kind := "written by hand"
	if e.ContentTag {
		kind = "from its content"
	}
	fmt.Fprintf(&b, "%s, declared at %s\n\ntag       %s (%s)\nparents   %s\n", e.Image, e.Declared, e.Tag, kind, orNone(e.Parents))
	if len(e.After) > 0 {
		fmt.Fprintf(&b, "after     %s\n", orNone(e.After))
	}
	fmt.Fprintf(&b, "children  %s\n", orNone(e.Children))
	if len(e.Dependents) > 0 {
		fmt.Fprintf(&b, "pokes     %s\n", orNone(e.Dependents))
	}
	b.WriteString("\nmade of\n")
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
	return b.String()
}

func orNone(names []string) string {
	return cmp.Or(strings.Join(names, ", "), "none")
}
