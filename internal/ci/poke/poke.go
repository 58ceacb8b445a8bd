// Package poke is the job that starts the pipelines of projects that depend on an image.
package poke

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/schema"
)

// ErrFailed says that somebody must act before all dependents can be poked, or that the pipeline of one failed. The log has the details.
var ErrFailed = errors.New("not all dependents were poked")

// Registry has the image and the record of pokes.
type Registry = tested.Registry

// Env is what the job uses.
type Env struct {
	Getenv   func(string) string
	Log      output.Log
	Dir      output.Folder
	Now      func() time.Time
	Registry Registry
	// GitLab returns a client with a token.
	GitLab func(gitlab.Token) (*gitlab.Client, error)
	// Wait returns after a time, or when the context ends.
	Wait func(ctx context.Context, d time.Duration) error
}

// Run starts the pipelines of the projects that depend on an image, if this pipeline built it or released it.
// It tries all of them as long as GitLab can be reached. If one is refused, the error is ErrFailed; a failure outside is returned as it
// is. Run fails in a pipeline of a branch or tag that is not protected.
func Run(ctx context.Context, env Env) error {
	if err := env.annotate(nil); err != nil {
		return err
	}
	if trial := jobenv.Trial(env.Getenv); trial != "" {
		env.Log.Printf("Nobody is poked: %s.", trial)
		return nil
	}
	p, err := readPoker(env)
	if err != nil {
		return err
	}
	if env.Getenv("CI_MERGE_REQUEST_IID") != "" {
		env.Log.Printf("Nobody is poked from a merge request.")
		return nil
	}
	if err := jobenv.RequireProtected(env.Getenv, "nobody is poked"); err != nil {
		return err
	}
	reason, err := p.reason(ctx)
	if err != nil {
		return err
	}
	if reason.no != "" {
		env.Log.Printf("Nobody is poked: %s.", reason.no)
		return nil
	}
	if err := p.requireTested(ctx); err != nil {
		return err
	}
	env.Log.Printf("Poke, since %s.", reason.yes)
	return p.tell(ctx, reason.about)
}

// tell pokes the dependents about an image, and records which were poked.
func (p *poker) tell(ctx context.Context, about record.Poked) error {
	p.wave, p.told = about.Wave, about
	var err error
	if p.path, err = about.Path.Visit(p.name); err != nil {
		p.Log.Printf("Stop: %v.", err)
		p.told.Failed = names(p.dependents)
		p.remember(ctx)
		return ErrFailed
	}
	for i, d := range p.dependents {
		if !p.poke(ctx, d) {
			p.Log.Printf("GitLab does not serve this job now: of %d dependents %d are not tried.", len(p.dependents), len(p.dependents)-i-1)
			p.told.Left = append(p.told.Left, names(p.dependents[i+1:])...)
			break
		}
	}
	if err := p.annotate(p.started); err != nil {
		return err
	}
	for _, s := range p.started {
		if s.wait {
			p.told.Failed = append(p.told.Failed, s.String())
		}
	}
	p.remember(ctx)
	if len(p.told.Failed) > 0 {
		p.follow(ctx)
		p.remember(ctx)
	}
	return p.verdict()
}

// poker is a poke job in progress.
type poker struct {
	Env
	image pokedImage
	name  wave.Name
	wave  wave.ID
	path  wave.Path
	// from is the source of this pipeline.
	from wave.Poke

	line   record.Line
	origin record.Origin
	// told is the record of this poke.
	told record.Poked

	// client uses the job's token.
	token      gitlab.Token
	client     *gitlab.Client
	dependents []dependent
	started    []started
	// failed counts the dependents that could not be poked or failed; outside is a failure of GitLab or the network.
	failed  int
	outside error
	// isUnsure tells whether a pipeline may have started without an answer.
	isUnsure bool
}

// requireTested fails if the image has not passed the tests that the job's variables require.
func (p *poker) requireTested(ctx context.Context) error {
	if keys, err := tested.Required(p.Getenv); err != nil || len(keys) == 0 {
		return err
	}
	if err := tested.RequireReleasable(ctx, p.Registry, p.Getenv, p.image.target, p.image.reference); err != nil {
		return fmt.Errorf("nobody is poked: %w", err)
	}
	return nil
}

// verdict is the error that the job ends with. GitLab may repeat a job that ends with a failure outside, and would start the pipelines
// again that were started: so only a job that started none ends with one.
func (p *poker) verdict() error {
	switch {
	case p.outside != nil && p.isUnsure:
		return errors.New(p.outside.Error()) // which says what to look at first
	case p.outside != nil && len(p.started) > 0:
		return fmt.Errorf("%v; run this job again: dependents that were poked find nothing to do", p.outside) //nolint:errorlint // it must not be repeated
	case p.outside != nil:
		return p.outside
	case p.failed > 0:
		return ErrFailed
	}
	return nil
}

// started is a dependent with the pipeline that it got.
type started struct {
	dependent
	pipeline gitlab.Pipeline
}

// poke starts the pipeline of one dependent. It reports whether it is worth while to try others.
func (p *poker) poke(ctx context.Context, d dependent) bool {
	if d.isHere(p.Getenv) {
		p.told.Left = append(p.told.Left, d.String())
		p.fail("%s: a poke from %s would come back to it: it is the project and the branch of this very pipeline; take it out of the dependents", d, p.name)
		return true
	}
	pipeline, err := p.send(ctx, d)
	if err != nil {
		p.told.Left = append(p.told.Left, d.String())
	}
	switch {
	case err == nil:
		p.started = append(p.started, started{d, pipeline})
		p.Log.Printf("%s: %s", d, pipeline.URL)
	case isOutside(err):
		p.outside = errors.Join(p.outside, fmt.Errorf("poke %s: %w", d, err))
		return gitlab.IsLost(err)
	default:
		p.fail("%s: %s", d, p.advice(d, err))
	}
	return true
}

func (p *poker) fail(format string, args ...any) {
	p.failed++
	p.Log.Printf(format, args...)
}

// isOutside reports whether it is no use to change anything here: GitLab or the way to it is at fault.
func isOutside(err error) bool {
	status := gitlab.Status(err)
	return status == 0 || status == 429 || status >= 500
}

// values are the variables or inputs of a dependent's pipeline.
func (p *poker) values(d dependent) gitlab.PipelineRequest {
	by, id, path := schema.VarPokedBy, schema.VarWave, schema.VarWavePath
	if d.viaInputs {
		by, id, path = schema.InputPokedBy, schema.InputWave, schema.InputWavePath
	}
	told := map[string]string{by: p.name.String(), id: p.wave.String(), path: p.path.String()}
	maps.Copy(told, d.values)
	if d.viaInputs {
		return gitlab.PipelineRequest{Ref: d.ref, Inputs: told}
	}
	return gitlab.PipelineRequest{Ref: d.ref, Variables: told}
}

// maxAnnotations is how many links GitLab shows on a job's page.
const maxAnnotations = 20

// annotate writes the links for the job's page on GitLab.
func (e Env) annotate(pipelines []started) error {
	type link struct {
		Label string `json:"label"`
		URL   string `json:"url"`
	}
	annotations := map[string][]map[string]link{}
	for _, s := range pipelines[:min(len(pipelines), maxAnnotations)] {
		const title = "Poked projects"
		annotations[title] = append(annotations[title], map[string]link{"external_link": {Label: s.String(), URL: s.pipeline.URL}})
	}
	return e.Dir.WriteJSON(schema.AnnotationsFile, annotations)
}

// recorded is the record of the last poke about the image.
func (p *poker) recorded(ctx context.Context) (record.Poked, error) {
	if !p.isOwn() {
		return record.Poked{}, nil
	}
	told, err := record.ReadPoked(ctx, p.Registry, p.image.reference.Repository(), p.line)
	if err = record.Ignore(p.Log, err); err != nil {
		return told, fmt.Errorf("%w; it is not known whether dependents were told: nobody is poked", err)
	}
	return told, nil
}

// remember records which dependents were poked. If that fails, the next pipeline pokes them again, in the same wave.
func (p *poker) remember(ctx context.Context) {
	if !p.isOwn() {
		return
	}
	if err := record.WritePoked(ctx, p.Registry, p.image.reference.Repository(), p.line, p.told); err != nil {
		p.Log.Printf("Warning: this poke is not recorded: %v. The next pipeline pokes again, in the same wave.", err)
	}
}

// isOwn reports whether the image is in the project's own registry, where the job may write.
func (p *poker) isOwn() bool {
	return strings.HasPrefix(p.image.reference.Repository().String(), strings.ToLower(p.Getenv("CI_REGISTRY_IMAGE"))+"/")
}

// names returns the names of dependents in a record.
func names(dependents []dependent) []string {
	out := make([]string, len(dependents))
	for i, d := range dependents {
		out[i] = d.String()
	}
	return out
}

// only returns the dependents with these names.
func only(dependents []dependent, named []string) []dependent {
	return slices.DeleteFunc(slices.Clone(dependents), func(d dependent) bool { return !slices.Contains(named, d.String()) })
}
