package imagejobs

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

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
		var made []string
		var others []other
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
		if of := c.tested[j.Name]; of != nil {
			c.report.Look(j.At, "job", "remove the job: its commands are tests of %s now (%s)", strings.Join(first(of, 6), ", "), j.Name)
			c.keys(j)
			continue
		}
		if len(made) == 0 {
			c.promotes(j)
			continue
		}
		what, replace := "the job", " replaces it"
		if isKept || len(others) > 0 {
			what = "the build from it"
		}
		if len(made) > 1 {
			replace = " replace it"
		}
		if len(others) > 0 {
			c.lost.Add(others[0].at, "script", "it also runs "+names(others)+": what the image needs belongs in its Containerfile, and the rest in a job that needs "+made[0], j.Name)
		}
		c.report.Look(j.At, "job", "remove %s: %s%s (%s)", what, strings.Join(first(made, 6), ", "), replace, j.Name)
		c.keys(j)
	}
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

// names are those of programs, sorted, each once.
func names(list []other) string {
	var out []string
	for _, o := range list {
		out = append(out, o.name)
	}
	slices.Sort(out)
	return strings.Join(first(slices.Compact(out), 20), ", ")
}

func first(list []string, n int) []string {
	if len(list) > n {
		return append(slices.Clone(list[:n]), "…")
	}
	return list
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
	if j.Keys.Get("needs") == nil && j.Keys.Get("dependencies") == nil {
		c.artifacts(j)
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

// artifacts reports those in the context of a build that jobs of earlier stages make. A job without `needs` and `dependencies` gets them,
// https://docs.gitlab.com/ci/yaml/#dependencies.
func (c *conversion) artifacts(j *job) {
	order := slices.Concat([]string{".pre"}, c.order(), []string{".post"})
	var makers []string
	for _, other := range c.jobs {
		paths := other.Keys.Get("artifacts").Get("paths").Texts()
		isInContext := slices.ContainsFunc(paths, func(name string) bool {
			return slices.ContainsFunc(j.builds, func(b *build) bool { return !b.out && overlap(b.context, name) })
		})
		if isInContext && slices.Index(order, other.stage()) < slices.Index(order, j.stage()) && !slices.Contains(makers, other.Name) {
			makers = append(makers, other.Name)
		}
	}
	if len(makers) > 0 {
		c.lost.Add(j.At, "artifacts", "a build gets none from jobs of earlier stages: what they make belongs in a stage of the Containerfile", j.Name+" from "+strings.Join(first(makers, 3), ", "))
	}
}

// overlap reports whether a folder can have files that a pattern of artifacts matches.
func overlap(folder, pattern string) bool {
	fixed, _, hasStar := strings.Cut(script.Local(dollar.ReplaceAllString(pattern, "$${$1}")), "*")
	if hasStar {
		fixed = path.Dir(fixed + "x")
	}
	fixed = path.Clean(fixed)
	return folder == "." || fixed == "." || strings.HasPrefix(folder+"/", fixed+"/") || strings.HasPrefix(fixed+"/", folder+"/")
}
