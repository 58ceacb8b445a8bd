package citemplates

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

// manual is how the language has a job that only a play button starts, and empty for any other. Such a job blocks the pipeline where a
// rule makes it manual and nothing lets it fail, https://docs.gitlab.com/ci/jobs/job_control/#types-of-manual-jobs.
func manual(job *ciyaml.Job) string {
	mayFail := job.Keys.Get("allow_failure").String()
	rules := job.Keys.Get("rules")
	if rules == nil && job.Keys.Get("when").String() == "manual" {
		return startedManually(mayFail != "false")
	}
	isManual, isStart := false, true
	for _, rule := range flat(rules, 10) {
		switch rule.Get("when").String() {
		case "manual":
			isManual = true
			isStart = isStart && cmp.Or(rule.Get("allow_failure").String(), mayFail) == "true"
		case "never":
		default:
			return ""
		}
	}
	if !isManual {
		return ""
	}
	return startedManually(isStart)
}

func startedManually(mayFail bool) string {
	if mayFail {
		return "start"
	}
	return "blocking"
}

// flat are the items of a list and of the lists in it.
func flat(v *ciyaml.Value, depth int) []*ciyaml.Value {
	if v == nil || v.Kind != ciyaml.List || depth == 0 {
		return nil
	}
	var out []*ciyaml.Value
	for _, item := range v.Items {
		if item.Kind == ciyaml.List {
			out = append(out, flat(item, depth-1)...)
		} else {
			out = append(out, item)
		}
	}
	return out
}

// handled are the keys of a build job that became something.
var handled = []string{"extends", "script", "variables", "stage", "tags", "parallel", "when", "inherit", "rules", "only", "except", "needs", "timeout"}

// whys says of keys of a build job why they have no counterpart.
var whys = map[string]string{
	"before_script": "commands around the build have none; what makes the image belongs in `exec`",
	"after_script":  "commands around the build have none; what makes the image belongs in `exec`",
	"services":      "a build has none", "secrets": "a build has none; CI variables reach `exec`", "id_tokens": "a build has none; CI variables reach `exec`",
	"artifacts": "a build leaves the reference of its image, and nothing else", "cache": "the folder /cache of the runner is there, if it has one",
	"dependencies": "a build takes no artifacts", "retry": "set it in the project's own file, as `build:IMAGE: {retry: …}`",
	"interruptible": "set it in the project's own file, as `build:IMAGE: {interruptible: …}`", "allow_failure": "set it in the project's own file, as `build:IMAGE: {allow_failure: …}`",
	"image": "builds run in stemma's own image", "hooks": "a build has none", "environment": "a build has none", "resource_group": "builds of one image wait for each other where they must",
}

// keys reports what a build job has besides what makes its image.
func (c *conversion) keys(b *build) {
	for _, field := range b.job.Keys.Fields {
		why, ok := whys[field.Name]
		switch {
		case slices.Contains(handled, field.Name) || field.Value.Kind == ciyaml.Null:
		case field.Name == "image" && isTemplates(b.job, "image"):
		case field.Name == "dependencies" && len(field.Value.Items) == 0 || field.Name == "artifacts" && field.Value.At.File == "":
		case ok:
			c.lost.Add(field.Value.At, field.Name, why, b.label)
		default:
			c.lost.Add(field.Value.At, field.Name, "the compiled job does not have it", b.label)
		}
	}
	if timeout := b.job.Keys.Get("timeout"); timeout != nil && minutes(timeout.String()) == 0 {
		c.lost.Add(timeout.At, "timeout", "it is not a number of hours and minutes", b.label)
	}
	c.whenItRuns(b)
	c.needsOf(b)
}

var duration = regexp.MustCompile(`^\s*(?:(\d{1,3})\s*(?:h|hr|hrs|hour|hours))?\s*(?:and)?\s*(?:(\d{1,4})\s*(?:m|min|mins|minute|minutes))?\s*$`)

// minutes are those of a duration such as "1h 30m", or none where it is another.
func minutes(text string) int {
	total := 0
	if m := duration.FindStringSubmatch(text); m != nil {
		hours, _ := strconv.Atoi(m[1])
		rest, _ := strconv.Atoi(m[2])
		total = 60*hours + rest
	}
	if total > 9999 {
		return 0
	}
	return total
}

func (c *conversion) whenItRuns(b *build) {
	for _, key := range []string{"rules", "only", "except"} {
		v := b.job.Keys.Get(key)
		if v == nil {
			continue
		}
		if manual(b.job) != "" && len(flat(v, 10)) == 1 && flat(v, 10)[0].Get("if") == nil {
			continue
		}
		c.lost.Add(v.At, key, "compiled jobs are in every pipeline and build nothing that exists, see `build: changed`", b.label)
		for _, rule := range flat(v, 10) {
			if set := rule.Get("variables"); set != nil {
				c.lost.Add(set.At, "rules:variables", "an image is the same in every pipeline", b.label)
			}
		}
	}
	if when := b.job.Keys.Get("when"); when != nil && b.job.Keys.Get("rules") == nil && when.Text != "manual" && when.Text != "on_success" {
		c.lost.Add(when.At, "when", "compiled jobs run when what they need has succeeded", b.label)
	}
}

// needsOf reports what a build waits for besides its parent.
func (c *conversion) needsOf(b *build) {
	needs := b.job.Keys.Get("needs")
	var others []string
	for _, job := range needed(needs) {
		if parent := b.original().parent; parent == nil || job != parent.job.Name {
			others = append(others, job)
		}
	}
	if len(others) > 0 {
		c.lost.Add(needs.At, "needs", "a build waits for its parents, and not for "+strings.Join(others, ", "), b.label)
	}
}

// needed are the names of the jobs in a `needs` or `dependencies`.
func needed(v *ciyaml.Value) []string {
	var out []string
	for _, item := range flat(v, 10) {
		if name := item.String(); name != "" {
			out = append(out, name)
		} else if name := item.Get("job").String(); name != "" {
			out = append(out, name)
		}
	}
	return out
}
