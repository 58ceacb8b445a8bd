package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

// name checks the name of a job: YAML makes a number or a boolean of some that have no quotes.
func (r *reader) name(field ciyaml.Field) {
	kind := "number"
	if field.Type == ciyaml.Boolean {
		kind = "boolean"
	}
	if field.Type != ciyaml.String {
		r.problems.Addf(field.At, "jobs:%s name should be text, and YAML reads %s as a %s", field.Name, field.Name, kind).WithHint("write `%q:`", field.Name)
	}
}

// image checks an image, https://docs.gitlab.com/ci/yaml/#image.
func (r *reader) image(v *ciyaml.Value, where string) {
	if v == nil || v.Kind == ciyaml.Null || v.Kind == ciyaml.Reference {
		return
	}
	name := v
	if v.Kind == ciyaml.Map {
		name = v.Get("name")
	}
	if !isText(name) || name.Text == "" {
		r.fail(v, where, "name can't be blank").WithHint("write `name: registry.example.org/image:tag`, or only that reference")
	}
}

func (r *reader) services(v *ciyaml.Value, where string) {
	if v == nil || v.Kind != ciyaml.List {
		return
	}
	for _, service := range v.Items {
		if service.Kind != ciyaml.List { // GitLab flattens lists of !reference
			r.image(service, where+":service")
		}
	}
}

// isText reports whether a value is a string, or may become one.
func isText(v *ciyaml.Value) bool {
	return v != nil && (v.Kind == ciyaml.Reference || v.Kind == ciyaml.Text && v.Type == ciyaml.String)
}

var (
	durationWord = regexp.MustCompile(`[a-z]+`)
	// durationWords are units, words between them, and numbers, https://github.com/hpoydar/chronic_duration.
	durationWords = strings.Fields(`seconds second secs sec s minutes minute mins min m hours hour hrs hr h days day dy d weeks week wks wk w
		months month mo mos years year yrs yr y and with plus a an half quarter quarters zero one two three four five six seven eight nine ten eleven
		twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand`)
)

// timeout checks how long a job may run, https://docs.gitlab.com/ci/yaml/#timeout.
func (r *reader) timeout(v *ciyaml.Value, where string) {
	if v == nil || v.Kind == ciyaml.Null || v.Kind == ciyaml.Reference {
		return
	}
	isDuration := isText(v) && strings.TrimSpace(v.Text) != ""
	for _, word := range durationWord.FindAllString(strings.ToLower(v.Text), -1) {
		isDuration = isDuration && slices.Contains(durationWords, word)
	}
	if !isDuration {
		r.fail(v, where, "config should be a duration").WithHint("write a number with a unit, such as `1h 30m`")
	}
}

var actions = []string{"start", "stop", "prepare", "verify", "access"}

// environment checks an environment, https://docs.gitlab.com/ci/yaml/#environment.
func (r *reader) environment(v *ciyaml.Value, where string) {
	if v == nil || v.Kind != ciyaml.Map {
		return
	}
	if name := v.Get("name"); !isText(name) || name.Text == "" {
		r.fail(v, where, "name can't be blank").WithHint("add `name: production`, with the name of your environment")
	}
	if action := v.Get("action"); action != nil && action.Kind == ciyaml.Text && !slices.Contains(actions, action.Text) {
		r.fail(action, where, "action should be start, stop, prepare, verify, or access").WithHint("write one of these words%s", diagnostic.DidYouMean(action.Text, actions))
	}
}

// stop checks the job that stops the environment of a job.
func (k checker) stop(job *Job) {
	own := job.Keys.Get("environment")
	stop := own.Get("on_stop")
	if stop == nil {
		return
	}
	name := own.Get("name").String()
	lines := "`environment: {name: " + name + ", action: stop}`"
	other, isThere := k.jobs[stop.Text]
	environment := &ciyaml.Value{}
	if isThere {
		environment = other.Keys.Get("environment")
	}
	switch {
	case !isThere:
		hint := "add a job " + stop.Text + " with a script and " + lines
		if meant, isNear := diagnostic.Nearest(stop.Text, slices.Sorted(maps.Keys(k.jobs))); isNear {
			hint = "write `on_stop: " + meant + "`"
		}
		k.fail(stop, job.Name, "job: on_stop job %s is not defined", stop.Text).WithHint("%s", hint)
	case environment == nil:
		k.fail(stop, job.Name, "job: on_stop job %s has no environment", stop.Text).WithHint("add to %s: %s", stop.Text, lines)
	case environmentName(environment) != name:
		k.fail(stop, job.Name, "job: on_stop job %s is for another environment", stop.Text).WithHint("write in %s: %s", stop.Text, lines)
	case environment.Get("action").String() != "stop":
		k.fail(stop, job.Name, "job: on_stop job %s has no `action: stop`", stop.Text).WithHint("write in %s: %s", stop.Text, lines)
	}
}

// environmentName is the name of an environment, which can be a text alone.
func environmentName(v *ciyaml.Value) string {
	if v.Kind == ciyaml.Text {
		return v.Text
	}
	return v.Get("name").String()
}
