package imagejobs

import (
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// tests makes tests of the commands that run an image.
func (c *conversion) tests() {
	for _, j := range c.jobs {
		for _, a := range j.actions {
			run, ok := a.does.(imagetool.Run)
			if !ok {
				continue
			}
			b := c.meant(localNames(j), run.Image)
			if b == nil || b.image == nil || b.image.out {
				c.looks.Add(a.command.At, "run "+run.Image, "the job runs an image that is not in the definition: keep this in a job of your own", j.label)
				continue
			}
			c.test(b.image, a.command, run)
		}
	}
}

func localNames(j *job) map[string]*build {
	out := map[string]*build{}
	for _, b := range j.builds {
		for _, name := range b.names {
			out[name] = b
		}
	}
	return out
}

func (c *conversion) test(i *image, command script.Command, run imagetool.Run) {
	words := slices.Clone(run.Command)
	if run.Entrypoint != "" {
		words = append([]string{run.Entrypoint}, words...)
	}
	text := quote(words)
	switch {
	case !run.IsPlain || len(words) == 0 || script.IsOpen(text) || strings.HasPrefix(words[0], "-"):
		c.looks.Add(command.At, "run "+i.made.Name, "the job runs the image with options or files of its own: write it as a test with `outside: true`, or keep the job", i.made.Name)
	case slices.ContainsFunc(i.made.Tests, func(t importer.Test) bool { return t.Run == text }):
	default:
		name := text
		if len(name) > 60 {
			name = name[:60]
		}
		if !importer.Line.Takes(name) {
			name = words[0]
		}
		i.made.Tests = append(i.made.Tests, importer.Test{Name: name, Run: text})
		c.looks.Add(command.At, "tests", "a command that runs the image is a test of it now: if the image has an entrypoint, look at it", i.made.Name)
	}
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote is a command as a shell reads it. What `sh -c` gets is shell already.
func quote(words []string) string {
	if len(words) == 3 && (words[0] == "sh" || words[0] == "bash") && words[1] == "-c" {
		return words[2]
	}
	var out []string
	for _, word := range words {
		if !plainWord.MatchString(word) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// stages lets the compiled jobs run in the stages of the jobs that they replace.
func (c *conversion) stages() {
	order := c.pipeline.Top.Get("stages").Texts()
	if len(order) == 0 {
		order = []string{"build", "test", "deploy"}
	}
	for _, i := range c.converted() {
		b := i.builds[0]
		stage, _ := b.job.variables.Expand(b.job.Keys.Get("stage").String())
		if stage == "" {
			stage = "test"
		}
		made := importer.Stages{}
		if stage != "build" && importer.Line.Takes(stage) && !strings.Contains(stage, "$") {
			made.Build = stage
		}
		if deploy := slices.Index(order, "deploy"); deploy < 0 || deploy < slices.Index(order, stage) {
			made.Deploy = stage
		}
		if made != (importer.Stages{}) {
			i.made.Stages = &made
		}
	}
}

// whys says of keys of jobs why compiled jobs do not have them.
var whys = map[string]string{
	"artifacts": "a build leaves the reference of its image, and nothing else", "cache": "write `build: {cache: true}` for the layers of a Containerfile",
	"after_script": "commands after the build belong in a job that needs it", "environment": "a build has none: keep a job that deploys",
	"retry": "set it in the project's own file, as `build:IMAGE: {retry: …}`", "allow_failure": "set it in the project's own file, as `build:IMAGE: {allow_failure: …}`",
	"secrets": "a build has none; CI variables reach it as `build: {secrets: …}`", "id_tokens": "a build has none; CI variables reach it as `build: {secrets: …}`",
	"resource_group": "releases of one image wait for each other", "release": "keep a job that makes the release of GitLab", "trigger": "keep the job",
	"interruptible": "set it in the project's own file, as `build:IMAGE: {interruptible: …}`", "coverage": "a build has none", "pages": "keep the job",
}

// tell reports what becomes of each job that builds images.
func (c *conversion) tell() {
	for _, list := range c.byName() {
		j := list[0]
		var made, others []string
		isKept := false
		for _, one := range list {
			others = append(others, one.others...)
			for _, b := range one.builds {
				if b.out || b.image == nil {
					isKept = true
				} else if name := "build:" + b.image.made.Name; !slices.Contains(made, name) {
					made = append(made, name)
				}
			}
		}
		if len(made) == 0 {
			c.promotes(j)
			continue
		}
		slices.Sort(others)
		others = slices.Compact(others)
		what := "the job"
		if isKept || len(others) > 0 {
			what = "the build from it"
		}
		if len(others) > 0 {
			c.lost.Add(j.At, "script", "it also runs "+strings.Join(first(others, 6), ", ")+": what the image needs belongs in its Containerfile, and the rest in a job that needs "+made[0], j.Name)
		}
		c.looks.Add(j.At, "job", "remove "+what+": "+strings.Join(first(made, 6), ", ")+" replaces it", j.Name)
		c.keys(j)
	}
	c.report.Look(diagnostic.Span{File: c.source.Name}, "include", "add `local: %s`, which `stemma compile` writes", definition.OutputFile)
}

// byName are the jobs, those of one matrix together.
func (c *conversion) byName() [][]*job {
	var out [][]*job
	for _, j := range c.jobs {
		if n := len(out) - 1; n >= 0 && out[n][0].Name == j.Name {
			out[n] = append(out[n], j)
		} else {
			out = append(out, []*job{j})
		}
	}
	return out
}

func first(list []string, n int) []string {
	if len(list) > n {
		return append(slices.Clone(list[:n]), "…")
	}
	return list
}

// promotes speaks of a job that only gives names to images.
func (c *conversion) promotes(j *job) {
	for _, a := range j.actions {
		switch does := a.does.(type) {
		case imagetool.Name:
			if b := c.meant(nil, does.Of[0]); b != nil && b.image != nil && !b.image.out {
				c.looks.Add(a.command.At, "job", "it names "+b.image.made.Name+", as release:"+b.image.made.Name+" does now: remove it", j.label)
				return
			}
		case imagetool.Push:
			if b := c.meant(nil, does.Name); b != nil && b.image != nil && !b.image.out {
				c.looks.Add(a.command.At, "job", "it pushes "+b.image.made.Name+", as release:"+b.image.made.Name+" does now: remove it", j.label)
				return
			}
		}
	}
}

// keys reports the keys of a job that compiled jobs do not have.
func (c *conversion) keys(j *job) {
	for _, field := range j.Keys.Fields {
		if field.Name == "needs" || field.Name == "dependencies" {
			c.needs(j, field)
		} else if why, ok := whys[field.Name]; ok && field.Value.Kind != ciyaml.Null && (field.Value.Kind != ciyaml.List || len(field.Value.Items) > 0) {
			c.lost.Add(field.Value.At, field.Name, why, j.Name)
		}
	}
	for _, key := range []string{"rules", "only", "except"} {
		if v := j.Keys.Get(key); v != nil {
			c.lost.Add(v.At, key, "compiled jobs are in every pipeline and build nothing that exists, see `build: changed`; releases are made from the default branch, and from git tags with `{version}`", j.Name)
		}
	}
}

// needs reports the jobs that a build waits for, without those that build images.
func (c *conversion) needs(j *job, field ciyaml.Field) {
	others := slices.DeleteFunc(jobkeys.Needed(field.Value), func(name string) bool { return slices.Contains(c.imageJobs(), name) })
	if len(others) > 0 {
		c.lost.Add(field.Value.At, field.Name, "a build waits for its parents, and takes no artifacts: what other jobs make belongs in a stage of the Containerfile", j.Name+" on "+strings.Join(first(others, 3), ", "))
	}
}

// users says what becomes of jobs that run in an image, scan it, or wait for its job.
func (c *conversion) users() {
	replaced := map[string][]string{}
	for _, i := range c.converted() {
		for _, b := range i.builds {
			if made := "build:" + i.made.Name; !slices.Contains(replaced[b.job.Name], made) {
				replaced[b.job.Name] = append(replaced[b.job.Name], made)
			}
		}
	}
	for _, j := range c.jobs {
		c.runsIn(j)
		for _, key := range []string{"needs", "dependencies"} {
			v := j.Keys.Get(key)
			for _, name := range jobkeys.Needed(v) {
				if made := replaced[name]; made != nil && replaced[j.Name] == nil {
					c.looks.Add(v.At, key, name+" becomes "+strings.Join(made, ", "), j.Name)
				}
			}
		}
		for _, a := range j.actions {
			if a.does == nil && scanners.MatchString(a.command.Args[0]) {
				c.looks.Add(a.command.At, "scan", "keep the job that scans with "+a.command.Args[0]+", and let it need the build", j.Name)
			}
		}
	}
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
