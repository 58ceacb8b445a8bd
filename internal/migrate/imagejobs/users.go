package imagejobs

import (
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
)

// promotes speaks of a job that only gives names to images.
func (c *conversion) promotes(j *job) {
	images, rest := c.promoted(j)
	if len(images) == 0 {
		return
	}
	made := strings.Join(first(images, 6), ", ")
	if rest = append(rest, j.others...); len(rest) == 0 {
		c.report.Look(j.At, "job", "remove the job: %s does what it did (%s)", made, j.label)
	} else {
		c.looks.Add(j.At, "job", "it names images, as "+made+" does now: remove that from it. It also runs "+names(rest), j.label)
	}
	c.keys(j)
}

// promoted are the jobs that give images the names that a job gives them, and the commands of the job with other images.
func (c *conversion) promoted(j *job) (releases []string, others []other) {
	for _, a := range j.actions {
		var of []string
		switch does := a.does.(type) {
		case imagetool.Name:
			of = does.Of
		case imagetool.Push:
			of = []string{does.Name}
		}
		for _, name := range of {
			release := ""
			if b := c.meant(nil, name); b != nil && b.image != nil && !b.image.out {
				release = "release:" + b.image.made.Name
			}
			switch {
			case release == "":
				others = append(others, other{strings.Join(first(a.command.Args, 2), " "), a.command.At})
			case !slices.Contains(releases, release):
				releases = append(releases, release)
			}
		}
	}
	return releases, others
}

// users says what becomes of jobs that run in an image, scan it, name it, or wait for its job.
func (c *conversion) users() {
	replaced := c.replaced()
	for _, j := range c.jobs {
		c.runsIn(j)
		c.waitsFor(j, replaced)
		for _, a := range j.actions {
			if a.does == nil && scanners.MatchString(a.command.Args[0]) {
				c.looks.Add(a.command.At, "scan", "keep the job that scans with "+a.command.Args[0]+", and let it need the build", j.Name)
			}
		}
	}
}

// waitsFor says what becomes of the jobs that a job needs. Only a build leaves artifacts.
func (c *conversion) waitsFor(j *job, replaced map[string][]string) {
	for _, key := range []string{"needs", "dependencies"} {
		v := j.Keys.Get(key)
		for _, name := range jobkeys.Needed(v) {
			made := replaced[name]
			switch {
			case made == nil || replaced[j.Name] != nil:
			case strings.HasPrefix(made[0], "build:"):
				c.looks.Add(v.At, key, name+" becomes "+strings.Join(made, ", "), j.Name)
			case key == "dependencies":
				c.looks.Add(v.At, key, "remove "+name+": "+strings.Join(made, ", ")+" leaves no artifacts", j.Name)
			default:
				c.looks.Add(v.At, key, name+" becomes "+strings.Join(made, ", ")+" with `optional: true`, since not every pipeline has it", j.Name)
			}
		}
	}
}

// replaced has the compiled jobs that do what a job did, by its name.
func (c *conversion) replaced() map[string][]string {
	out := map[string][]string{}
	add := func(name, made string) {
		if !slices.Contains(out[name], made) {
			out[name] = append(out[name], made)
		}
	}
	for _, i := range c.converted() {
		for _, b := range i.builds {
			add(b.job.Name, "build:"+i.made.Name)
		}
	}
	for _, j := range c.jobs {
		if out[j.Name] != nil {
			continue
		}
		for _, name := range c.tested[j.Name] {
			add(j.Name, "build:"+name)
		}
		releases, _ := c.promoted(j)
		for _, release := range releases {
			add(j.Name, release)
		}
	}
	return out
}

// scanners are programs that look for faults in images.
var scanners = regexp.MustCompile(`(?:^|/)(?:trivy|grype|snyk|clair-scanner|anchore|dockle|gtcs|syft|cosign|hadolint|container-diff|dive)$`)

// runsIn looks at the image that a job names.
func (c *conversion) runsIn(j *job) {
	v := j.Keys.Get("image")
	if name := v.Get("name"); name != nil {
		v = name
	}
	reference, _ := j.variables.Expand(v.String())
	reference = dollar.ReplaceAllString(reference, "$${$1}")
	if v == nil || reference == "" {
		return
	}
	if b := c.meant(nil, reference); b != nil && b.image != nil && !b.image.out {
		c.looks.Add(v.At, "image", "it becomes `extends: .fdo.distribution-image@"+b.image.made.Name+"`", j.Name)
	}
}
