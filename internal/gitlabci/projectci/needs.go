package projectci

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

const (
	buildPrefix  = "build:"
	verifyPrefix = "verify:"
	// imagePrefix begins the names of templates for jobs that run in an image.
	imagePrefix = ".fdo.distribution-image@"
)

// mention is where a job names another.
type mention struct {
	name string
	at   diagnostic.Span
	// verb says what the job does with the other: it "needs" or "extends" it.
	verb string
	// isOptional says that GitLab takes the pipeline without the other job.
	isOptional bool
}

// checkGone reports jobs that need, extend or change a verify job that no longer exists: the job that builds an image also tests it, except
// for outside tests.
func (p *project) checkGone() {
	seen := map[diagnostic.Span]bool{}
	for _, job := range p.jobs {
		if image, ok := p.goneImage(job.Name); ok {
			p.found.Errorf(diagnostic.Needs, job.At, "%s changes a job that no longer exists: %s tests %s; GitLab refuses a job without a script", job.Name, buildPrefix+image, image).
				WithHint("remove it, or change %s", buildPrefix+image).WithKey(job.Name)
		}
		mentions := mentionsOf(job)
		for _, m := range mentions {
			image, ok := p.goneImage(m.name)
			if !ok || seen[m.at] {
				continue
			}
			seen[m.at] = true
			report, end := p.found.Errorf, "; GitLab refuses the pipeline"
			if m.isOptional || !p.isWhole() {
				report, end = p.found.Warnf, ""
			}
			report(diagnostic.Needs, m.at, "%s %s %s, which no longer exists: %s tests %s%s", job.Name, m.verb, m.name, buildPrefix+image, image, end).
				WithHint("%s", replacement(m, mentions, image)).WithKey(job.Name + " " + m.name)
		}
	}
}

// replacement says what to write in place of a verify job.
func replacement(m mention, all []mention, image string) string {
	build := buildPrefix + image
	isNeeded := slices.ContainsFunc(all, func(other mention) bool { return other.name == build && other.verb == m.verb })
	switch {
	case m.verb == "extends":
		return "write the keys that it had from " + m.name + " in the job itself, or extend " + build
	case isNeeded:
		return "remove it: the job needs " + build + " already"
	default:
		return "write " + build
	}
}

// goneImage returns the image of a verify job that no longer exists. What only changes keys of such a job is not a job.
func (p *project) goneImage(name string) (image string, ok bool) {
	image, isVerify := strings.CutPrefix(name, verifyPrefix)
	image, _, _ = strings.Cut(image, "@")
	if !isVerify || !p.images[image] || p.names[name] {
		return "", false
	}
	job, exists := p.byName[name]
	return image, !exists || !isJob(job)
}

// isJob reports whether GitLab takes a job, https://docs.gitlab.com/ci/yaml/#job-keywords.
func isJob(job *ciyaml.Job) bool {
	return slices.ContainsFunc([]string{"script", "trigger", "run"}, job.Keys.Has)
}

// checkTagged reports jobs that run in an image and wait for the job that builds it, but not for its outside tests: the image has no tag
// before it has passed them.
func (p *project) checkTagged() {
	waiting := p.waiting()
	for _, job := range p.jobs {
		for _, parent := range job.Parents {
			image, isImage := strings.CutPrefix(parent.Name, imagePrefix)
			verify := verifyPrefix + image
			if !isImage || !p.names[verify] || waiting(verify)[job.Name] {
				continue
			}
			for _, m := range mentionsOf(job) {
				if m.name == buildPrefix+image && m.verb == "needs" {
					p.found.Warnf(diagnostic.Needs, m.at, "%s runs in %s, which has no tag before %s has passed, and does not need that job", job.Name, image, verify).
						WithHint("add %s to its `needs`", verify).WithKey(job.Name + " " + verify)
					break
				}
			}
		}
	}
}

// waiting returns a function that finds the jobs that need a job, or a job that does.
func (p *project) waiting() func(job string) map[string]bool {
	needing := map[string][]string{}
	for _, job := range p.jobs {
		for _, name := range neededBy(job) {
			needing[name] = append(needing[name], job.Name)
		}
	}
	known := map[string]map[string]bool{}
	return func(job string) map[string]bool {
		if known[job] != nil {
			return known[job]
		}
		found := map[string]bool{}
		next := slices.Clone(needing[job])
		for len(next) > 0 {
			name := next[len(next)-1]
			next = next[:len(next)-1]
			if !found[name] {
				found[name] = true
				next = append(next, needing[name]...)
			}
		}
		known[job] = found
		return found
	}
}

// mentionsOf are the jobs of the same pipeline that a job names.
func mentionsOf(job *ciyaml.Job) []mention {
	out := needsIn(job.Keys.Get("needs"))
	for _, rule := range flat(job.Keys.Get("rules")) {
		out = append(out, needsIn(rule.Get("needs"))...)
	}
	for _, item := range flat(job.Keys.Get("dependencies")) {
		out = append(out, mention{name: item.String(), at: item.At, verb: "needs"})
	}
	for _, parent := range job.Parents {
		out = append(out, mention{name: parent.Name, at: parent.At, verb: "extends"})
	}
	return out
}

// needsIn are the jobs of the same pipeline in a list of needs.
func needsIn(list *ciyaml.Value) []mention {
	var out []mention
	for _, item := range flat(list) {
		switch {
		case item.Kind == ciyaml.Text:
			out = append(out, mention{name: item.Text, at: item.At, verb: "needs"})
		case item.Get("pipeline") == nil && item.Get("project") == nil:
			out = append(out, mention{name: item.Get("job").String(), at: item.At, verb: "needs", isOptional: item.Get("optional").String() == "true"})
		}
	}
	return out
}
