package config

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
)

// rules reads `rules`, which may be nested lists.
func (r *reader) rules(v *ciyaml.Value, where string, allowed []When, keys []string) []Rule {
	if v == nil {
		return nil
	}
	where += ":rules"
	if v.Kind != ciyaml.List || len(v.Items) == 0 {
		r.fail(v, where, "config should be an array, and can't be blank")
		return nil
	}
	var out []Rule
	for _, item := range flatten(v, maxNesting) {
		if item.Kind != ciyaml.Map || len(item.Fields) == 0 {
			r.fail(item, where+":rule", "config should be a hash, and can't be blank")
			continue
		}
		out = append(out, r.rule(item, where+":rule", allowed, keys))
	}
	return out
}

func (r *reader) rule(v *ciyaml.Value, where string, allowed []When, keys []string) Rule {
	r.mapping(v, where, keys...)
	out := Rule{At: v.At, Conditions: rule.Parse(v, where, r.problems), When: When(r.text(v.Get("when"), where+" when"))}
	if out.When != "" && !slices.Contains(allowed, out.When) {
		r.fail(v.Get("when"), where, "when unknown value: %s", out.When)
	}
	if isDelayed := out.When == Delayed; isDelayed != (v.Get("start_in") != nil) {
		r.fail(v, where, "`start_in` belongs to `when: delayed`, and is needed there")
	}
	out.AllowFailure = r.boolean(v.Get("allow_failure"), where+" allow_failure")
	out.Variables = r.variables(v.Get("variables"), where+":variables")
	if needs := v.Get("needs"); needs != nil {
		out.Needs = r.needs(needs, where+":needs", false)
		out.HasNeeds = len(out.Needs) > 0
	}
	set := 0
	for _, field := range v.Fields {
		if field.Value.Kind != ciyaml.Null {
			set++
		}
	}
	out.isWhenAlone = set == 1 && out.When != ""
	return out
}

// needs reads `needs`. Those of other pipelines are left out: they do not change which jobs a pipeline has.
func (r *reader) needs(v *ciyaml.Value, where string, isTrigger bool) []Need {
	items := []*ciyaml.Value{v}
	switch {
	case v.Kind == ciyaml.List:
		items = flatten(v, maxNesting)
	case v.Kind != ciyaml.Map:
		r.fail(v, where, "config can only be a Hash or an Array")
		return nil
	}
	var out []Need
	for _, item := range items {
		isOther := item.Has("project") || item.Has("pipeline") || item.Has("ref")
		switch {
		case item.Is(ciyaml.String) && item.Text != "":
			out = append(out, Need{Job: item.Text, At: item.At, Artifacts: true})
		case item.Kind == ciyaml.Map && isOther:
			if !isTrigger && !item.Has("job") {
				r.fail(item, where, "config uses invalid types: bridge")
			}
		case item.Kind == ciyaml.Map && item.Has("job"):
			out = append(out, r.need(item, where+":need"))
		default:
			r.fail(item, where+":need", "has an unsupported type")
		}
	}
	return out
}

func (r *reader) need(v *ciyaml.Value, where string) Need {
	r.mapping(v, where, "job", "artifacts", "optional", "parallel")
	out := Need{Job: r.text(v.Get("job"), where+" job"), At: v.At, Artifacts: true}
	if out.Job == "" {
		r.fail(v, where, "job can't be blank")
	}
	r.flag(v.Get("artifacts"), where+" artifacts", &out.Artifacts)
	r.flag(v.Get("optional"), where+" optional", &out.IsOptional)
	if parallel := v.Get("parallel"); parallel != nil {
		out.matrix = r.matrix(parallel, where+":parallel")
	}
	return out
}

// trigger reads a `trigger`. A job without one waits for another pipeline.
func (r *reader) trigger(job *ciyaml.Value, where string) *Trigger {
	v := job.Get("trigger")
	out := &Trigger{ForwardsYAML: true}
	switch {
	case v == nil:
		if needs := job.Get("needs"); needs.Get("pipeline") == nil && needs.Get("project") == nil && !needsPipeline(needs) {
			r.fail(job, where, "config should contain either a trigger or a needs:pipeline")
		}
		return out
	case v.Kind == ciyaml.Text:
		out.Project = r.text(v, where+":trigger")
		return out
	case v.Kind != ciyaml.Map:
		r.fail(v, where, "trigger has to be either a string or a hash")
		return out
	}
	where += ":trigger"
	if v.Has("include") {
		r.mapping(v, where, "strategy", "include", "forward")
		out.Include = v.Get("include")
		if out.Include != nil && len(out.Include.Items) > maxChildIncludes {
			r.fail(out.Include, where, "include config is too long (maximum is %d)", maxChildIncludes)
		}
	} else {
		r.mapping(v, where, "project", "branch", "strategy", "forward", "inputs")
		if out.Project = r.text(v.Get("project"), where+" project"); out.Project == "" {
			r.fail(v, where, "project can't be blank")
		}
	}
	out.Strategy = r.text(v.Get("strategy"), where+" strategy")
	if out.Strategy != "" && out.Strategy != "depend" && out.Strategy != "mirror" {
		r.fail(v, where, "strategy should be depend or mirror")
	}
	r.forward(out, v.Get("forward"), where+":forward")
	return out
}

// maxChildIncludes is how many files a child pipeline may begin with.
const maxChildIncludes = 3

func needsPipeline(needs *ciyaml.Value) bool {
	if needs == nil || needs.Kind != ciyaml.List {
		return false
	}
	return slices.ContainsFunc(needs.Items, func(item *ciyaml.Value) bool { return item.Has("pipeline") })
}

func (r *reader) forward(out *Trigger, v *ciyaml.Value, where string) {
	if v == nil {
		return
	}
	r.mapping(v, where, "yaml_variables", "pipeline_variables")
	r.flag(v.Get("yaml_variables"), where+" yaml_variables", &out.ForwardsYAML)
	r.flag(v.Get("pipeline_variables"), where+" pipeline_variables", &out.ForwardsPipeline)
}

// policy reads an `only` or an `except`.
func (r *reader) policy(v *ciyaml.Value, where string) *Policy {
	switch {
	case v == nil:
		return nil
	case v.Kind == ciyaml.List:
		return &Policy{Refs: r.texts(v, where)}
	case v.Kind != ciyaml.Map:
		r.fail(v, where, "has to be either an array of conditions or a hash")
		return nil
	}
	r.mapping(v, where, "refs", "kubernetes", "variables", "changes")
	out := &Policy{Refs: r.texts(v.Get("refs"), where+" refs"), Changes: r.texts(v.Get("changes"), where+" changes")}
	for _, text := range r.texts(v.Get("variables"), where+" variables") {
		parsed, err := expression.Parse(text)
		if err != nil {
			r.fail(v, where, "variables Invalid expression syntax: %v", err)
			continue
		}
		out.Variables = append(out.Variables, rule.If{At: v.At, Expression: parsed})
	}
	return out
}
