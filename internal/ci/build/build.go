// Package build is the job that makes sure that an image exists and has passed the tests inside it.
package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Builder makes images and tests them; see buildah.Builder.
type Builder interface {
	imagetest.Runner
	Build(ctx context.Context, image buildah.Image, folder string) error
	Load(ctx context.Context, folder string) (image buildah.Subject, remove func(), err error)
}

// Registry reads, copies and publishes images.
type Registry interface {
	tested.Copier
	imagetest.Registry
	Has(ctx context.Context, at oci.Reference) (bool, error)
	Copy(ctx context.Context, from oci.Reference, to oci.Repository, credentials oci.Credentials, log io.Writer) error
	Assemble(ctx context.Context, assembly oci.Assembly) (oci.Image, error)
	Publish(ctx context.Context, repository oci.Repository, image oci.Image) (oci.Digest, error)
	PublishIndex(ctx context.Context, repository oci.Repository, platforms []oci.Platform) (oci.Digest, error)
	Tag(ctx context.Context, from oci.Reference, tag schema.Tag, credentials oci.Credentials) error
}

// Env is what the job uses.
type Env struct {
	// Getenv looks up a variable; Environ is the whole environment.
	Getenv  func(string) string
	Environ []string
	// Folder returns the folder with the project's files; if nil, they are in the working folder.
	Folder func() (string, error)
	// Checkout returns a folder with the project's files that tests may change.
	Checkout func() (string, error)
	// Dir is the folder for reports, in which PostExec runs if the job has a checkout.
	Dir output.Folder
	Log output.Log
	// Summary says that the log ends with a summary, for which the job sends up to three more requests.
	Summary bool
	// Advice is logged after failed tests; if nil, it is that of a pipeline.
	Advice   imagetest.Advice
	Now      func() time.Time
	Registry Registry
	// Builder makes the builder when it is first needed.
	Builder func(ctx context.Context) (Builder, error)
	// PostExec runs a snippet on the builder's machine, in a folder; its first argument is the image.
	PostExec func(ctx context.Context, snippet, image, folder string) error
	// Clone fetches a commit, branch or tag of a repository to a new folder.
	Clone func(ctx context.Context, address, commit, folder string) error
}

// Run makes sure that an image exists and has passed its inside tests: it reuses, copies or builds the image. At the end it writes the
// digest to the dotenv file.
func Run(ctx context.Context, env Env) error {
	if err := env.Dir.Write(schema.DotenvFile, nil); err != nil {
		return err
	}
	if env.Getenv(schema.VarCanary) != "" {
		env.Log.Printf("%s is an old name, which the next version does not read; set %s instead.", schema.VarCanary, schema.VarTrialRebuild)
	}
	job, err := readBuildJob(env.Getenv)
	b := builder{Env: env, job: job}
	if !job.Suite.IsEmpty() {
		err = errors.Join(b.session().Report(""), err)
	}
	if err != nil {
		return err
	}
	if job.isIndex() {
		if err := b.index(ctx); err != nil {
			return err
		}
		return b.markReleased(ctx)
	}
	return b.single(ctx)
}

// builder is a build job in progress.
type builder struct {
	Env
	job buildJob
	// previous has the labels of the existing image.
	previous map[string]string
	// rebuild is set for a rebuild of an existing image.
	rebuild *record.Rebuild
	// forget removes the secrets of the build.
	forget []func()
	// work is what the job did.
	work work
}

// single makes sure that an image, or one platform of it, exists.
func (b *builder) single(ctx context.Context) error {
	found, err := b.facts(ctx)
	if err != nil {
		return err
	}
	b.previous = found.Labels
	decision, err := b.tryAgain(ctx, found, decide(found))
	if err != nil {
		return err
	}
	untested, err := b.untested(ctx, &decision)
	if err != nil {
		return err
	}
	decision.Untagged = decision.Untagged || b.job.IsTrialRebuild
	if decision.Warning != "" {
		b.Log.Printf("Warning: %s.", decision.Warning)
	}
	b.Log.Printf("%s %s: %s.", verbs[decision.Action].begin, b.job.Reference(), decision.Reason)
	result, err := b.obtain(ctx, found, untested, decision)
	if err != nil {
		return err
	}
	if err := b.markReleased(ctx); err != nil {
		return err
	}
	if err := b.dotenv(result.at, result.digest); err != nil {
		return err
	}
	b.summarize(ctx, found, decision, result)
	return nil
}

// made is the image of a job, with the references by which others find it.
type made struct {
	at     oci.Reference
	digest oci.Digest
}

// obtain carries out the decision.
func (b *builder) obtain(ctx context.Context, found facts, untested tested.Image, decision decision) (made, error) {
	switch decision.Action {
	case useImage:
		return b.use(ctx, found.Upstream)
	case copyImage:
		return b.copy(ctx, found.Upstream, decision)
	case retryImage:
		return b.retry(ctx, untested, decision)
	case buildImage:
		return b.build(ctx, decision)
	default:
		return b.reuse(ctx, found)
	}
}

// facts looks up the facts for the decision in the registry.
func (b *builder) facts(ctx context.Context) (facts, error) {
	j := b.job
	f := facts{Tag: j.Tag.String(), Inputs: j.Inputs, IsContentTag: j.IsContentTag(), Force: j.Force, KeepsTag: j.KeepsExisting(), IsCompiled: j.IsCompiled, LeaveUpstream: j.LeaveUpstream}
	own, err := b.Registry.Look(ctx, j.Reference(), j.Platform)
	switch {
	case err == nil:
		f.Exists, f.Digest, f.Labels, f.Size, f.Packages = true, own.Digest, own.Labels, own.Size, own.Annotations[schema.AnnotationPackages]
	case !oci.IsNotFound(err):
		return f, err
	}
	if j.isPart() {
		f.Digest, f.Exists = own.Platforms[j.Platform]
	}
	if f.Exists {
		f.Rebuilt, f.BuiltHere = b.rebuiltParent(f.Labels), b.isBuiltHere(f.Labels)
	}
	if f.Exists && f.Force == "" {
		if f.Poked, err = b.poked(ctx, own); err != nil {
			return f, err
		}
		f.Pinned = b.pinned()
	}
	if f.Force == "" && f.Rebuilt == "" {
		f.Upstream = b.findUpstream(ctx, own.Digest, f)
	}
	return f, nil
}

// reuse uses the existing image, once it has passed its tests.
func (b *builder) reuse(ctx context.Context, found facts) (made, error) {
	err := b.ensureTested(ctx, tested.Image{At: b.job.Repository.At(found.Digest), Labels: found.Labels})
	return made{b.named(found.Digest, false), found.Digest}, err
}

// build builds the image, tests it, pushes it by its digest, and sets the tag last.
func (b *builder) build(ctx context.Context, decision decision) (made, error) {
	if err := b.resolveParents(ctx); err != nil {
		return made{}, err
	}
	if err := b.requireTestedParents(ctx); err != nil {
		return made{}, err
	}
	folder, err := scratch.New("build")
	if err != nil {
		return made{}, err
	}
	defer folder.Close()
	work := folder.Path
	image, err := b.make(ctx, work, decision)
	b.forgetSecrets()
	if err != nil {
		return made{}, err
	}
	if err := b.testNew(ctx, image, filepath.Join(work, "tested")); err != nil {
		b.keepUntested(ctx, image, err)
		return made{}, err
	}
	if layers, err := image.Layers(); err == nil {
		b.work.size = oci.Size(layers)
	}
	result, err := b.publish(ctx, image, decision)
	if err != nil {
		return made{}, err
	}
	return result, b.afterwards(ctx, result)
}

// make builds the image in a folder, and assembles the image to push.
func (b *builder) make(ctx context.Context, work string, decision decision) (oci.Image, error) {
	image, err := b.plan(ctx, work)
	if err != nil {
		return oci.Image{}, err
	}
	maker, err := b.Builder(ctx)
	if err != nil {
		return oci.Image{}, err
	}
	folder := filepath.Join(work, "image")
	err = maker.Build(ctx, image, folder)
	b.Log.End(err)
	if err != nil {
		b.rebuild.Failed(ctx, b.Log, b.Now(), err)
		return oci.Image{}, Failure{Image: b.job.Name, Err: err}
	}
	return b.assemble(ctx, folder, decision)
}

// Failure is the error of a build that failed.
type Failure struct {
	Image string
	Err   error
}

// Error implements error.
func (f Failure) Error() string { return fmt.Sprintf("build %s: %v", f.Image, f.Err) }

// Unwrap returns the cause.
func (f Failure) Unwrap() error { return f.Err }

// plan adds the facts that were looked up to the values of the variables.
func (b *builder) plan(ctx context.Context, work string) (buildah.Image, error) {
	image := b.job.Image
	for _, p := range b.job.Parents {
		if !p.IsBase {
			continue
		}
		image.Base = p.pinned().String()
		if c := image.Containerfile; c != nil {
			c.Args = maps.Clone(c.Args)
			c.Args[schema.VarBaseImage] = image.Base
		}
	}
	if c := image.Containerfile; c != nil {
		c.Contexts = b.job.contexts()
		c.Cache = b.kept(c.Cache, image.Proxy.Build)
		var err error
		if c.Secrets, err = b.secrets(work); err != nil {
			return buildah.Image{}, err
		}
		if err := b.place(ctx, c, work); err != nil {
			return buildah.Image{}, err
		}
	}
	if _, isSet := b.job.Env["HOME"]; !isSet && !b.job.IsCompiled && image.Containerfile == nil {
		image.Home = buildah.Home(b.Environ)
	}
	if b.job.Exec == "" {
		return image, nil
	}
	snippet := &buildah.Snippet{Script: b.job.Exec, Clone: filepath.Join(work, "clone"), Environ: buildah.Forwarded(b.Environ), Cache: b.cache()}
	image.Exec = snippet
	return image, b.cloneProject(ctx, snippet.Clone, "the exec snippet")
}

// cloneProject fetches the commit of the pipeline to a new folder, for something that the error names.
func (b *builder) cloneProject(ctx context.Context, folder, purpose string) error {
	commit := b.Getenv("CI_COMMIT_SHA")
	if err := b.Clone(ctx, b.Getenv("CI_REPOSITORY_URL"), commit, folder); err != nil {
		return fmt.Errorf("fetch %s of the project for %s: %w", commit, purpose, err)
	}
	return nil
}

// place finds the files of a Containerfile, and completes its context.
func (b *builder) place(ctx context.Context, c *buildah.Containerfile, work string) error {
	if b.Folder != nil {
		folder, err := b.Folder()
		if err != nil {
			return err
		}
		c.File, c.Context = filepath.Join(folder, c.File), filepath.Join(folder, c.Context)
		c.Folders = maps.Clone(c.Folders)
		for name, at := range c.Folders {
			c.Folders[name] = filepath.Join(folder, at)
		}
	}
	var err error
	c.Context, err = b.withSources(ctx, c.Context, work)
	return err
}

// cache returns the folder that is mounted as /cache for the exec snippet, if it exists.
func (b *builder) cache() string {
	folder := cmp.Or(b.Getenv(schema.VarCacheDir), "/cache")
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return ""
	}
	return folder
}

// assemble makes the image from the builder's output, with a label of the tests that it has to pass before it is pushed.
func (b *builder) assemble(ctx context.Context, folder string, decision decision) (oci.Image, error) {
	labels := b.labels(decision.Reason)
	if b.job.Suite.Inside != "" {
		labels[schema.LabelTested] = b.job.Suite.Inside
	}
	assembly := oci.Assembly{
		Folder: folder, Platform: b.job.Platform, Compression: b.job.Compression,
		OwnLabels: ownLabels(), InheritedLabels: schema.ReservedLabelPrefixes(), Labels: labels, Env: b.job.Env, Created: b.Now(),
		Hidden: b.job.Image.Proxy.Build, // a Containerfile that declares its variable has it in the history of every step
	}
	for _, p := range b.job.Parents {
		assembly.Parents = append(assembly.Parents, oci.Parent{
			Reference: p.pinned(), BaseLabels: p.baseLabels(), IsBase: p.IsBase && b.job.Image.Containerfile == nil,
		})
	}
	image, err := b.Registry.Assemble(ctx, assembly)
	if err != nil {
		return oci.Image{}, err
	}
	return b.withPackages(ctx, image), nil
}
