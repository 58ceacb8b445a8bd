package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// name checks the name of a job. YAML makes another value of some that have no quotes. GitLab's parser takes a name of spaces, and its
// model of a job rejects it (CommitStatus).
func (r *reader) name(field ciyaml.Field) {
	kinds := map[ciyaml.Type]string{ciyaml.Boolean: "a boolean", ciyaml.Integer: "a number", ciyaml.Float: "a number", ciyaml.Nothing: "no value"}
	if kind, ok := kinds[field.Type]; ok {
		r.problems.Addf(field.At, "jobs:%s name should be text, and YAML reads %s as %s", field.Name, field.Name, kind).WithHint("write `%q:`", field.Name)
	}
	if strings.TrimSpace(field.Name) == "" {
		r.problems.Addf(field.At, "jobs: name can't be blank").WithHint("write a name, such as `test:`")
	}
}

// reserved reports a job with the name of a keyword, which GitLab takes for that keyword.
func (r *reader) reserved(field ciyaml.Field) {
	if isJob(field.Value) && slices.Contains([]string{"services", "cache", "before_script", "after_script"}, field.Name) {
		r.problems.Addf(field.At, "%s is a keyword, so it cannot be the name of a job", field.Name).WithHint("choose another name, such as `%s-job:`", field.Name)
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
	return v.Is(ciyaml.String) || v != nil && v.Kind == ciyaml.Reference
}

var (
	durationWord = pattern.Lazy(`[a-z]+`)
	durationPart = pattern.Lazy(`^[\s,]*([0-9]*\.?[0-9]+)\s*([a-z]+)`)
	// durationUnits are the names of units by their seconds, https://github.com/hpoydar/chronic_duration.
	durationUnits = map[float64]string{
		1: "seconds second secs sec s", 60: "minutes minute mins min m", 3600: "hours hour hrs hr h", 86400: "days day dy d", 604800: "weeks week wks wk w",
		2592000: "months month mo mos", 31557600: "years year yrs yr y",
	}
	// durationWords are words between numbers and units, and numbers.
	durationWords = strings.Fields(`and with plus a an half quarter quarters zero one two three four five six seven eight nine ten eleven
		twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand`)
)

// unit returns how many seconds a unit has; 0 if it is none.
func unit(name string) float64 {
	for seconds, names := range durationUnits {
		if slices.Contains(strings.Fields(names), name) {
			return seconds
		}
	}
	return 0
}

// seconds adds up a duration of digits and units such as "1h 30m". It returns 0 for any other duration: it understands fewer than GitLab.
func seconds(text string) (total float64) {
	for text = strings.TrimSpace(strings.ToLower(text)); text != ""; {
		part := durationPart().FindStringSubmatch(text)
		if part == nil || unit(part[2]) == 0 {
			return 0
		}
		number, _ := strconv.ParseFloat(part[1], 64) // the pattern has only numbers
		total, text = total+number*unit(part[2]), text[len(part[0]):]
	}
	return total
}

// maxTimeout is a month as Ruby on Rails counts it, in seconds. A timeout must be shorter
// (https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/config/entry/timeout.rb).
const maxTimeout = 2629746

// timeout checks how long a job may run, https://docs.gitlab.com/ci/yaml/#timeout.
func (r *reader) timeout(v *ciyaml.Value, where string) {
	if v == nil || v.Kind == ciyaml.Null || v.Kind == ciyaml.Reference {
		return
	}
	isDuration := isText(v) && strings.TrimSpace(v.Text) != ""
	for _, word := range durationWord().FindAllString(strings.ToLower(v.Text), -1) {
		isDuration = isDuration && (unit(word) > 0 || slices.Contains(durationWords, word))
	}
	if isDuration && seconds(v.Text) >= maxTimeout {
		r.fail(v, where, "config should not exceed the limit, which is a month").WithHint("write at most `720h`")
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
