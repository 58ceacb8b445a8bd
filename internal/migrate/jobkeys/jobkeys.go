// Package jobkeys reads the keys of GitLab jobs that imports convert.
package jobkeys

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// Manual is how the language has a job that only a play button starts, and empty for any other. Such a job blocks the pipeline where a
// rule makes it manual and nothing lets it fail, https://docs.gitlab.com/ci/jobs/job_control/#types-of-manual-jobs.
func Manual(job *ciyaml.Job) string {
	mayFail := job.Keys.Get("allow_failure").String()
	rules := job.Keys.Get("rules")
	if rules == nil && job.Keys.Get("when").String() == "manual" {
		return startedManually(mayFail != "false")
	}
	isManual, isStart := false, true
	for _, rule := range Flat(rules) {
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

// Flat are the items of a list and of the lists in it, up to ten deep.
func Flat(v *ciyaml.Value) []*ciyaml.Value { return flat(v, 10) }

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

// Needed are the names of the jobs in a `needs` or `dependencies`.
func Needed(v *ciyaml.Value) []string {
	var out []string
	for _, item := range Flat(v) {
		if name := item.String(); name != "" {
			out = append(out, name)
		} else if name := item.Get("job").String(); name != "" {
			out = append(out, name)
		}
	}
	return out
}

var duration = regexp.MustCompile(`^\s*(?:(\d{1,3})\s*(?:h|hr|hrs|hour|hours))?\s*(?:and)?\s*(?:(\d{1,4})\s*(?:m|min|mins|minute|minutes))?\s*$`)

// Minutes are those of a duration such as "1h 30m", or none where it is another.
func Minutes(text string) int {
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

// platformOf are the words of runner tags that say what runs there.
var platformOf = map[string]string{"x86_64": "linux/amd64", "x86-64": "linux/amd64", "amd64": "linux/amd64", "aarch64": "linux/arm64", "arm64": "linux/arm64"}

// Runner returns the tags of the runners of a job, and the platform that they name, which can be empty.
func Runner(job *ciyaml.Job, variables ciyaml.Variables) (tags []string, platform string) {
	for _, tag := range job.Keys.Get("tags").Texts() {
		tag, _ = variables.Expand(tag)
		if tag = strings.TrimSpace(tag); tag != "" && importer.RunnerTag.Takes(tag) {
			tags = append(tags, tag)
		}
		name := strings.ToLower(tag)
		platform = cmp.Or(platform, platformOf[name])
		for _, word := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("-./:", r) }) {
			platform = cmp.Or(platform, platformOf[word])
		}
	}
	return tags, platform
}
