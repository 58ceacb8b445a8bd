package poke

import (
	"os"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// pokedImage is the image that a poke is about.
type pokedImage struct {
	// name is its name in the definition, or its repository relative to the project.
	name      string
	reference oci.Reference
	// target has its variables; zero if FDO_DISTRIBUTION_IMAGE names it.
	target jobenv.Target
}

// dependent is a project to poke.
type dependent struct {
	project   gitlab.Project
	ref       string
	values    map[string]string
	viaInputs bool
	token     gitlab.Token
	wait      bool
}

// String names the dependent as it is written in a line of schema.VarDependents.
func (d dependent) String() string { return d.project.String() + "@" + d.ref }

// isHere reports whether a dependent is the pipeline's own project and branch.
func (d dependent) isHere(getenv func(string) string) bool {
	path, number := getenv("CI_PROJECT_PATH"), getenv("CI_PROJECT_ID")
	return (strings.EqualFold(d.project.String(), path) || d.project.String() == number) && d.ref == getenv("CI_COMMIT_REF_NAME")
}

// reader reads the variables of the job.
type reader struct{ *jobenv.Reader }

// readPoker reads the job's variables, and reports all mistakes at once.
func readPoker(env Env) (*poker, error) {
	r := reader{jobenv.NewReader(env.Getenv)}
	p := &poker{Env: env, image: r.pokedImage()}
	project := r.Required("CI_PROJECT_PATH", "GitLab sets it in every job")
	pipeline := r.Required("CI_PIPELINE_ID", "GitLab sets it in every job")
	var err error
	if p.name, err = wave.NameOf(project, p.image.name); err != nil && project != "" && p.image.name != "" {
		r.Fail("%w", err)
	}
	p.from = r.Poke()
	p.line, p.origin = record.Here(env.Getenv)
	if p.from.Wave.IsZero() {
		p.from.Wave = wave.Begin(pipeline)
	}
	p.dependents = r.dependents()
	if err := r.Err(); err != nil {
		return nil, err
	}
	p.token = gitlab.NewToken(gitlab.Job, env.Getenv("CI_JOB_TOKEN"), "CI_JOB_TOKEN")
	if p.client, err = env.GitLab(p.token); err != nil {
		return nil, jobenv.Invalid(err)
	}
	return p, nil
}

// pokedImage reads which image the job is about: the one that FDO_DISTRIBUTION_IMAGE names, as a job that extends a
// .fdo.distribution-image template has it, or else the one that a job that builds it is about.
func (r reader) pokedImage() pokedImage {
	written := r.Getenv(schema.VarDistributionImage)
	if written == "" {
		t := r.Target()
		return pokedImage{t.Name, r.built(t), t}
	}
	const nested = 5 // a variable may hold others, and GitLab leaves some as they are
	for range nested {
		written = os.Expand(written, r.Getenv)
	}
	reference, err := oci.ParseReference(written)
	if err != nil {
		r.Fail("%s is %q, which names no image", schema.VarDistributionImage, r.Getenv(schema.VarDistributionImage))
		return pokedImage{}
	}
	name := r.Getenv(schema.VarImage)
	if name == "" {
		name, _ = strings.CutPrefix(reference.Repository().String(), r.ProjectRegistry()+"/")
	}
	return pokedImage{name: name, reference: reference}
}

// built is the image of this pipeline's build job, or else the tagged image.
func (r reader) built(t jobenv.Target) oci.Reference {
	if r.Err() != nil {
		return oci.Reference{}
	}
	if digest, ok := jobenv.Digest(r.Getenv, t.Name); ok {
		return t.Repository.At(digest)
	}
	return t.Reference()
}

var (
	refPattern      = pattern.Lazy(`^[^-\s:?*~^\\[\x00-\x1f][^\s:?*~^\\[\x00-\x1f]*$`)
	variablePattern = pattern.Lazy(`^[A-Za-z_][A-Za-z0-9_]*$`)
	inputPattern    = pattern.Lazy(`^[A-Za-z0-9_-]+$`)
)

// dependents reads the projects to poke.
func (r reader) dependents() []dependent {
	if r.Required(schema.VarDependents, "it lists the projects to poke") == "" {
		return nil
	}
	written := r.Dependents()
	out := make([]dependent, len(written))
	for i, d := range written {
		out[i] = r.dependent(d)
	}
	return out
}

func (r reader) dependent(d schema.Dependent) dependent {
	wrong := func(format string, args ...any) {
		r.Fail("%s: %s: "+format, append([]any{schema.VarDependents, d.Project}, args...)...)
	}
	project, err := gitlab.ParseProject(d.Project)
	if err != nil {
		r.Fail("%s: %w", schema.VarDependents, err)
	}
	if !jobenv.IsName(refPattern, d.Ref) {
		wrong("%q is not a branch or tag: write group/project@main", d.Ref)
	}
	if d.Via != "" && d.Via != schema.ViaVariables && d.Via != schema.ViaInputs {
		wrong("via is %q: it is %s or %s", d.Via, schema.ViaVariables, schema.ViaInputs)
	}
	viaInputs := d.Via == schema.ViaInputs
	for name := range d.Variables {
		switch {
		case isPokes(name):
			wrong("%s is set by the poke itself", name)
		case viaInputs && !jobenv.IsName(inputPattern, name), !viaInputs && !jobenv.IsName(variablePattern, name):
			wrong("%q is not the name of a variable or input", name)
		}
	}
	return dependent{project: project, ref: d.Ref, values: d.Variables, viaInputs: viaInputs, token: r.token(d), wait: d.Wait}
}

// isPokes reports whether a poke itself sets a variable or an input.
func isPokes(name string) bool {
	switch name {
	case schema.VarPokedBy, schema.VarWave, schema.VarWavePath, schema.InputPokedBy, schema.InputWave, schema.InputWavePath:
		return true
	}
	return false
}

// token returns the token that starts the pipeline.
func (r reader) token(d schema.Dependent) gitlab.Token {
	if d.Token == "" {
		return gitlab.NewToken(gitlab.Job, r.Required("CI_JOB_TOKEN", "GitLab sets it in every job"), "CI_JOB_TOKEN")
	}
	if !jobenv.IsName(variablePattern, d.Token) {
		r.Fail("%s: %s: token is not the name of a variable; set one under Settings > CI/CD > Variables, and name it here", schema.VarDependents, d.Project)
		return gitlab.Token{}
	}
	why := "it holds the trigger token of " + d.Project + "; set it under Settings > CI/CD > Variables, or see whether it is protected"
	return gitlab.NewToken(gitlab.Trigger, r.Required(d.Token, why), d.Token)
}
