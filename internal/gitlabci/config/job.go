package config

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

var (
	commonKeys = []string{
		"extends", "stage", "only", "except", "rules", "variables", "inherit", "allow_failure", "when", "needs", "resource_group", "environment", "interruptible",
	}
	scriptKeys = append([]string{
		"tags", "script", "image", "services", "start_in", "artifacts", "cache", "dependencies", "before_script", "after_script", "hooks", "coverage",
		"retry", "parallel", "timeout", "inputs", "release", "id_tokens", "publish", "pages", "manual_confirmation", "run",
	}, commonKeys...)
	triggerKeys = append([]string{"trigger", "parallel"}, commonKeys...)
	ruleKeys    = []string{"if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs", "interruptible"}
)

const (
	maxName = 255
	maxTags = 50
)

// retries are how often GitLab can try a job again, https://docs.gitlab.com/ci/yaml/#retry.
var retries = []string{"0", "1", "2"}

// defaultRefs are those of an `only` without `refs`
// (https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/config/entry/policy.rb).
var defaultRefs = []string{"branches", "tags"}

// job reads a job.
func (r *reader) job(field ciyaml.Field) *Job {
	v, where := field.Value, "jobs:"+field.Name
	isTrigger := !v.Has("script") && !v.Has("run")
	r.jobKeys(field, isTrigger)
	out := &Job{Name: field.Name, At: field.At, Stage: "test", HasRules: v.Get("rules") != nil}
	if stage := v.Get("stage"); stage != nil {
		out.Stage = r.text(stage, where+":stage config")
	}
	r.inherit(out, v, where, isTrigger)
	out.Variables = r.variables(v.Get("variables"), where+":variables", "value", "expand")
	r.start(out, v, where, isTrigger)
	out.Rules = r.rules(v.Get("rules"), where, []When{OnSuccess, OnFailure, Always, Never, Manual, Delayed}, ruleKeys)
	out.Only, out.Except = r.policy(v.Get("only"), where+":only"), r.policy(v.Get("except"), where+":except")
	switch {
	case out.Only != nil && out.Only.Refs == nil:
		out.Only.Refs = defaultRefs
	case out.Only == nil && !v.Has("rules") && !r.hasWorkflow:
		out.Only = &Policy{Refs: defaultRefs}
	}
	if needs := v.Get("needs"); needs != nil {
		out.HasNeeds, out.Needs = true, r.needs(needs, where+":needs", isTrigger)
	}
	out.Dependencies = r.texts(v.Get("dependencies"), where+" dependencies")
	if isTrigger {
		out.Trigger = r.trigger(v, where)
	}
	r.tags(out, where)
	r.warn(out)
	return out
}

// jobKeys checks which keys a job has.
func (r *reader) jobKeys(field ciyaml.Field, isTrigger bool) {
	v, where := field.Value, "jobs:"+field.Name
	allowed := scriptKeys
	if isTrigger {
		allowed = triggerKeys
	}
	r.mapping(v, where, allowed...)
	if utf8.RuneCountInString(field.Name) > maxName {
		r.fail(v, where, "name is too long (maximum is %d characters)", maxName)
	}
	for _, pair := range [][2]string{{"script", "trigger"}, {"run", "trigger"}, {"script", "run"}, {"before_script", "run"}, {"after_script", "run"}} {
		if v.Has(pair[0]) && v.Has(pair[1]) {
			r.fail(v, where, "config these keys cannot be used together: %s, %s", pair[0], pair[1])
		}
	}
	if v.Get("rules") != nil {
		for _, key := range []string{"only", "except", "start_in"} {
			if v.Get(key) != nil {
				r.fail(v.Get(key), where, "config key may not be used with `rules`: %s", key)
			}
		}
	}
	if !isTrigger && !v.Has("run") {
		r.script(v.Get("script"), v, where)
	}
	r.retry(v.Get("retry"), where)
	r.image(v.Field("image"), where+":image")
	r.services(v.Field("services"), where+":services")
	r.timeout(v.Field("timeout"), where+":timeout")
	r.environment(v.Get("environment"), where+":environment")
}

// retry checks how often a job is tried again.
func (r *reader) retry(v *ciyaml.Value, where string) {
	if v.Has("max") {
		v = v.Field("max")
	}
	if v.Is(ciyaml.Integer) && !slices.Contains(retries, v.Text) {
		r.fail(v, where, "retry must be one of: %s", strings.Join(retries, ", "))
	}
}

func (r *reader) script(script, job *ciyaml.Value, where string) {
	isEmpty := script == nil || script.Kind == ciyaml.Text && strings.TrimSpace(script.Text) == "" || script.Kind == ciyaml.List && len(script.Items) == 0
	switch {
	case isEmpty:
		r.fail(job, where, "script can't be blank")
	case script.Kind != ciyaml.Text:
		r.nested(script, where+":script")
	case script.Type != ciyaml.String:
		r.fail(script, where, "script config should be a string or a nested array of strings up to %d levels deep", maxNesting)
	}
}

// inherit adds the keys that the job inherits.
func (r *reader) inherit(out *Job, v *ciyaml.Value, where string, isTrigger bool) {
	inherit := v.Get("inherit")
	if inherit != nil {
		r.mapping(inherit, where+":inherit", "default", "variables")
	}
	out.Inherits = r.inheritance(inherit.Get("variables"), where+":inherit:variables")
	defaults := r.inheritance(inherit.Get("default"), where+":inherit:default")
	for _, name := range defaults.Names {
		if !slices.Contains(defaultKeys, name) {
			r.fail(inherit, where, "inherit:default config contains unknown values: %s", name)
		}
	}
	out.Keys = &ciyaml.Value{Kind: ciyaml.Map, At: v.At, Fields: slices.Clone(v.Fields)}
	for _, preset := range r.defaults.Fields {
		if v.Get(preset.Name) != nil || !defaults.Has(preset.Name) || isTrigger && preset.Name != "interruptible" {
			continue
		}
		out.Keys.Fields = slices.DeleteFunc(out.Keys.Fields, func(field ciyaml.Field) bool { return field.Name == preset.Name })
		out.Keys.Fields = append(out.Keys.Fields, preset)
	}
}

// Has reports whether a name is inherited.
func (i Inheritance) Has(name string) bool { return i.All || slices.Contains(i.Names, name) }

// start reads when a job starts, and whether it may fail.
func (r *reader) start(out *Job, v *ciyaml.Value, where string, isTrigger bool) {
	out.When = OnSuccess
	if when := v.Get("when"); when != nil {
		out.When = When(r.text(when, where+" when"))
	}
	allowed := []When{OnSuccess, OnFailure, Always, Manual}
	if !isTrigger {
		allowed = append(allowed, Delayed)
	}
	if !slices.Contains(allowed, out.When) {
		r.fail(v.Get("when"), where, "when should be one of: %s", join(allowed))
	}
	if isDelayed := out.When == Delayed; isDelayed != (v.Get("start_in") != nil) && v.Get("rules") == nil {
		r.fail(v, where, "`start_in` belongs to `when: delayed`, and is needed there")
	}
	failure := v.Get("allow_failure")
	switch {
	case failure == nil:
		out.AllowFailure = out.When == Manual
	case failure.Kind == ciyaml.Map && !isTrigger:
		r.mapping(failure, where+":allow_failure", "exit_codes")
	default:
		r.flag(failure, where+" allow_failure", &out.AllowFailure)
	}
}

func join(values []When) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return strings.Join(texts, ", ")
}

func (r *reader) tags(out *Job, where string) {
	tags := out.Keys.Get("tags")
	if tags == nil || out.Trigger != nil {
		return
	}
	out.Tags = r.texts(tags, where+":tags")
	if len(out.Tags) >= maxTags {
		r.fail(tags, where, "tags config must be less than the limit of %d tags", maxTags)
	}
}

// warn says what GitLab says of a job that may be in two pipelines of one push.
func (r *reader) warn(job *Job) {
	if r.hasWorkflow || len(job.Rules) == 0 {
		return
	}
	last := job.Rules[len(job.Rules)-1]
	if last.isWhenAlone && last.When != Never {
		r.warnings = append(r.warnings, "jobs:"+job.Name+" may allow multiple pipelines to run for a single action due to `rules:when` clause with no `workflow:rules`")
	}
}
