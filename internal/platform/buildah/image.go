package buildah

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Image says what to build. It has a Containerfile, or packages and a snippet on a base.
type Image struct {
	// Base is pinned by digest.
	Base     string
	Platform string
	// Recipe installs Packages; it may be nil where there are none. Upgrade brings the base up to date first.
	Recipe   *schema.Recipe
	Packages []string
	Upgrade  bool
	// IgnoreMissing leaves out packages that the distribution does not have. Retries is how often the package manager is
	// asked again when it fails.
	IgnoreMissing bool
	Retries       int
	Exec          *Snippet
	schema.Settings

	Containerfile *Containerfile

	schema.Config
	// Home is the HOME of an image whose containers start as root; it may be empty.
	Home string
	// Format is "docker" or "oci".
	Format string
}

// Containerfile says how a Containerfile is built.
type Containerfile struct {
	File, Context, Target string
	Args                  map[string]string
	// Contexts are references pinned by digest, by the name that the Containerfile has for them.
	Contexts map[string]string
	// Folders are paths, by the name that the Containerfile has for them.
	Folders map[string]string
	// Secrets are files that single steps mount, by their ids.
	Secrets map[string]string
	Cache   LayerCache
}

// LayerCache says in which repositories layers are kept. The zero LayerCache keeps none.
type LayerCache struct {
	From []string
	To   string
}

// Build builds an image and writes it, uncompressed, to a folder in the layout of "dir:".
func (b *Builder) Build(ctx context.Context, image Image, folder string) error {
	limits := b.limits(image.Limits)
	if image.Containerfile != nil {
		return b.buildContainerfile(ctx, image, limits, folder)
	}
	b.phase("pull", "Pull "+image.Base)
	container, remove, err := b.from(ctx, image.Base, image.Platform, limits...)
	if err != nil {
		return err
	}
	defer remove()
	if err := b.install(ctx, container, image); err != nil {
		return err
	}
	if err := b.configure(ctx, container, image); err != nil {
		return err
	}
	b.phase("write", "Write the layers")
	return b.commit(ctx, container, image, folder)
}

// commit writes a container as an image.
func (b *Builder) commit(ctx context.Context, container string, image Image, folder string) error {
	return b.run(ctx, "commit", "--quiet", "--disable-compression", "--format", image.Format, container, "dir:"+folder)
}

// install runs the steps that change files, all of them in one layer.
func (b *Builder) install(ctx context.Context, container string, image Image) error {
	p := packages{builder: b.withProxy(cmp.Or(image.Proxy.Packages, image.Proxy.Build)), container: container, recipe: image.Recipe, retries: image.Retries}
	hasPackages := image.Recipe != nil && (image.Upgrade || len(image.Packages) > 0)
	if hasPackages {
		b.phase("install", installTitle(len(image.Packages)))
		if err := p.install(ctx, image.Packages, image.IgnoreMissing); err != nil {
			return err
		}
	}
	if !hasPackages && (len(image.Users) > 0 || image.User != "") {
		b.phase("install", "Create the users")
	}
	for _, name := range slices.Sorted(maps.Keys(image.Users)) {
		if err := b.createUser(ctx, container, name, strconv.FormatInt(image.Users[name], 10)); err != nil {
			return err
		}
	}
	if image.Exec != nil {
		b.phase("run", "Run the exec snippet")
		image.Exec.Environ = append(slices.Clone(image.Exec.Environ), assignments(proxyVariables(image.Proxy.Build))...)
		if err := b.snippet(ctx, container, image.Exec); err != nil {
			return err
		}
	}
	if err := b.createUser(ctx, container, image.User, ""); err != nil {
		return err
	}
	if hasPackages {
		return p.clean(ctx)
	}
	return nil
}

func installTitle(packages int) string {
	switch packages {
	case 0:
		return "Upgrade the packages of the base"
	case 1:
		return "Install 1 package"
	default:
		return fmt.Sprintf("Install %d packages", packages)
	}
}

// configure sets the image's configuration. Values are arguments of a process, not of a shell.
func (b *Builder) configure(ctx context.Context, container string, image Image) error {
	args := []string{"config"}
	home, err := b.home(ctx, container, image)
	if err != nil {
		return err
	}
	if home != "" {
		args = append(args, "--env", "HOME="+home)
	}
	if entrypoint := image.Entrypoint.Arguments(); entrypoint != nil {
		args = append(args, "--entrypoint", jsonList(entrypoint), "--cmd", "")
	}
	if image.Workdir != "" {
		args = append(args, "--workingdir", image.Workdir)
	}
	if image.User != "" {
		args = append(args, "--user", image.User)
	}
	if image.StopSignal != "" {
		args = append(args, "--stop-signal", image.StopSignal)
	}
	if len(args) == 1 {
		return nil
	}
	return b.run(ctx, append(args, container)...)
}

// buildContainerfile builds a Containerfile, then sets the configuration as for any other image.
func (b *Builder) buildContainerfile(ctx context.Context, image Image, limits []string, folder string) error {
	c, err := image.Containerfile.absolute()
	if err != nil {
		return err
	}
	image.Containerfile = c
	file, contexts, err := c.prepare(folder + ".Containerfile")
	if err != nil {
		return err
	}
	id := folder + ".id"
	args := b.buildArguments(image, file, contexts)
	reaching, err := b.reaching(c, file, image.Proxy.Build, folder)
	if err != nil {
		return err
	}
	watched := reaching.WithLog(&steps{out: b.config.Log, phase: b.phase}, b.config.Phase)
	if err := watched.run(ctx, slices.Concat(args, limits, []string{"--iidfile", id, c.Context})...); err != nil {
		return err
	}
	built, err := readID(id)
	if err != nil {
		return err
	}
	b.phase("write", "Write the layers")
	defer b.cleanup(ctx, "rmi", built)
	container, remove, err := b.fromLocal(ctx, built)
	if err != nil {
		return err
	}
	defer remove()
	if err := b.configure(ctx, container, image); err != nil {
		return err
	}
	if reflect.ValueOf(image.Config).IsZero() {
		return b.run(ctx, "push", "--quiet", "--disable-compression", "--format", pushFormat(image.Format), built, "dir:"+folder)
	}
	return b.commit(ctx, container, image, folder)
}

// buildArguments are those of `buildah build`, without the context.
func (b *Builder) buildArguments(image Image, file string, contexts map[string]string) []string {
	c := image.Containerfile
	args := append([]string{"build", "--format", image.Format, "--file", file, "--pull=true"}, c.Cache.arguments()...)
	args = append(args, "--secret", b.mark())
	if image.Platform != "" {
		args = append(args, "--platform", image.Platform)
	}
	if c.Target != "" {
		args = append(args, "--target", c.Target)
	}
	for _, name := range sortedKeys(proxyVariables(image.Proxy.Build)) {
		if _, isGiven := c.Args[name]; !isGiven {
			args = append(args, "--build-arg", name) // buildah has its value in the environment
		}
	}
	for _, name := range sortedKeys(c.Args) {
		args = append(args, "--build-arg", name+"="+c.Args[name])
	}
	for _, name := range sortedKeys(contexts) {
		args = append(args, "--build-context", name+"=docker-image://"+contexts[name])
	}
	for _, name := range sortedKeys(c.Folders) {
		args = append(args, "--build-context", name+"="+c.Folders[name])
	}
	for _, id := range sortedKeys(c.Secrets) {
		args = append(args, "--secret", "id="+id+",src="+c.Secrets[id])
	}
	return args
}

// absolute is the same with absolute paths. buildah would take some for an option, an address or its standard input: "--volume=…",
// "http…", "github.com/…", "-".
func (c *Containerfile) absolute() (*Containerfile, error) {
	out := *c
	out.Folders = maps.Clone(c.Folders)
	var err error
	if out.File, err = filepath.Abs(c.File); err != nil {
		return nil, fmt.Errorf("find the Containerfile: %w", err)
	}
	if out.Context, err = filepath.Abs(c.Context); err != nil {
		return nil, fmt.Errorf("find the build context: %w", err)
	}
	for name, folder := range c.Folders {
		if out.Folders[name], err = filepath.Abs(folder); err != nil {
			return nil, fmt.Errorf("find the folder %s: %w", name, err)
		}
	}
	return &out, nil
}

// prepare returns the file to build and its contexts: the Containerfile itself, or a changed copy of it.
func (c *Containerfile) prepare(changed string) (file string, contexts map[string]string, err error) {
	source, err := os.ReadFile(c.File)
	if err != nil {
		return "", nil, fmt.Errorf("read the Containerfile: %w", err)
	}
	text, contexts := withStages(string(source), c.Args, c.Contexts)
	contexts = asWritten(text, c.Args, contexts)
	if text == string(source) {
		return c.File, contexts, nil
	}
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		return "", nil, fmt.Errorf("write the Containerfile: %w", err)
	}
	return changed, contexts, nil
}

// pushFormat is how `buildah push` calls a format.
func pushFormat(format string) string {
	return map[string]string{"docker": "v2s2", "oci": "oci"}[format]
}

// isInsecure reports whether the registry of a reference is reached over plain HTTP.
func (b *Builder) isInsecure(reference string) bool {
	registry, _, _ := strings.Cut(reference, "/")
	return reference != "" && b.config.Insecure(registry)
}
