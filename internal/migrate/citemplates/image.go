package citemplates

import (
	"cmp"
	"path"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
	"gitlab.com/stemma-ci/stemma/schema"
)

// defaultWorkdir is the working directory of images that set none.
const defaultWorkdir = "/app"

// fill makes the image of a build, all but its name and base.
func (c *conversion) fill(b *build) {
	if !c.canBuild(b) {
		return
	}
	b.image = importer.Image{Distribution: b.template.distribution, NoRelease: true}
	c.version(b)
	c.place(b)
	c.packages(b)
	c.exec(b)
	b.image.User = c.word(b, schema.VarUser, importer.User)
	b.image.Workdir = c.word(b, schema.VarDistributionWorkingDir, importer.AbsolutePath)
	if b.image.Workdir == "" {
		b.image.Workdir = defaultWorkdir
	}
	b.image.Entrypoint.Path = c.word(b, schema.VarDistributionEntrypoint, importer.Line)
	b.image.Expires = c.word(b, schema.VarExpiresAfter, importer.Duration)
	c.platform(b)
	c.withoutCounterpart(b)
	if stage, _ := b.variables.Expand(b.job.Keys.Get("stage").String()); stage != "" && !b.out {
		b.image.Stages = &importer.Stages{Build: stage}
	}
	b.image.Manual = jobkeys.Manual(b.job)
	if n := jobkeys.Minutes(b.job.Keys.Get("timeout").String()); n > 0 && !b.out {
		if b.image.Build == nil {
			b.image.Build = &importer.Build{}
		}
		b.image.Build.Timeout = strconv.Itoa(n) + "m"
	}
}

// canBuild reports whether there is such a thing as this build at all.
func (c *conversion) canBuild(b *build) bool {
	_, isKnown := c.recipes.Recipe(b.template.distribution)
	switch {
	case b.template.kind == buildsMachine:
		c.leaveOut(b, diagnostic.Span{}, "it builds a virtual machine, and the language has only containers; keep the job and its template")
	case b.template.kind == buildsAncient:
		c.leaveOut(b, diagnostic.Span{}, "its template is of the time before the FDO_ variables; move to .fdo.container-build@%s first", b.template.distribution)
	case !isKnown:
		c.leaveOut(b, diagnostic.Span{}, "the distribution %s is not known; the distributions are %s", b.template.distribution, strings.Join(c.recipes.Names(), ", "))
	case !isTemplates(b.job, "script"):
		c.leaveOut(b, b.job.Keys.Get("script").At, "its script is not the template's")
	}
	return !b.out
}

// value is the value of a variable. What only a job knows leaves the build out.
func (c *conversion) value(b *build, name string) string {
	value, unknown := b.variables.Get(name)
	if len(unknown) > 0 {
		c.leaveOut(b, b.variables[name].At, "%s holds what only a job knows: %s", name, dollars(unknown))
		return ""
	}
	return strings.TrimSpace(value)
}

// word is the value of a variable that must be such a word.
func (c *conversion) word(b *build, name string, kind importer.Word) string {
	value := c.value(b, name)
	if value != "" && !kind.Takes(value) {
		c.leaveOut(b, b.variables[name].At, "%s is %s, which the definition does not take", name, diagnostic.Quote(value))
		return ""
	}
	return value
}

func dollars(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		switch {
		case strings.HasPrefix(name, "!$"):
			out[i] = name[1:]
		case strings.HasPrefix(name, "!"):
			out[i] = name
		default:
			out[i] = "$" + name
		}
	}
	return strings.Join(out, ", ")
}

func (c *conversion) version(b *build) {
	recipe, _ := c.recipes.Recipe(b.template.distribution)
	b.image.Version = c.word(b, schema.VarDistributionVersion, importer.Version)
	if b.image.Version == "" && recipe.Version == "" && !c.has(b, schema.VarBaseImage) && !b.out {
		c.leaveOut(b, diagnostic.Span{}, "it sets no %s", schema.VarDistributionVersion)
	}
}

func (c *conversion) has(b *build, name string) bool { return b.variables[name].Value != "" }

// place is the image's repository and tag. A definition cannot have a tag that only a job knows: the image then has a content tag.
func (c *conversion) place(b *build) {
	b.place = c.value(b, schema.VarRepoSuffix)
	if b.place == "" {
		recipe, _ := c.recipes.Recipe(b.template.distribution)
		b.place = path.Join(b.template.distribution, recipe.ImageVersion(b.image.Version))
	}
	at := b.variables[schema.VarDistributionTag].At
	tag, unknown := b.variables.Get(schema.VarDistributionTag)
	_, err := schema.ParseTag(tag)
	b.tag = tag
	switch {
	case !c.has(b, schema.VarDistributionTag):
		c.leaveOut(b, at, "it sets no %s", schema.VarDistributionTag)
	case len(unknown) > 0:
		c.report.Missing(at, b.label, "only a job knows %s in its tag %s: it has a content tag instead", dollars(unknown), diagnostic.Quote(tag))
	case err != nil:
		c.report.Missing(at, b.label, "it has a content tag instead of its own: %v", err)
	default:
		b.image.Tag = tag
	}
}

// oldPackages are the ends of variables that held the packages before FDO_DISTRIBUTION_PACKAGES.
var oldPackages = []string{"_RPMS", "_DEBS", "_PKGS"}

func (c *conversion) packages(b *build) {
	for _, end := range oldPackages {
		if old := strings.ToUpper(b.template.distribution) + end; c.has(b, old) && !c.has(b, schema.VarDistributionPackages) {
			c.leaveOut(b, b.variables[old].At, "its packages are in %s, as they were before %s", old, schema.VarDistributionPackages)
			return
		}
	}
	name := schema.VarDistributionPackages
	list, err := words(c.value(b, name))
	if err != nil {
		c.leaveOut(b, b.variables[name].At, "%s: %v", name, err)
		return
	}
	for _, word := range list {
		if !importer.Package.Takes(word) {
			c.leaveOut(b, b.variables[name].At, "%s holds %s, which is no package; install it in %s", name, diagnostic.Quote(word), schema.VarDistributionExec)
			return
		}
	}
	b.image.Packages = list
}

// platform is the image's platform: the variable's, the template's, or that of runners whose tags name it.
func (c *conversion) platform(b *build) {
	platform := c.word(b, schema.VarDistributionPlatform, importer.Platform)
	if platform == "" {
		platform = b.template.platform
	}
	tags, named := jobkeys.Runner(b.job, b.variables)
	platform = cmp.Or(platform, named)
	if platform != "" {
		b.image.Platforms = []string{platform}
	}
	if len(tags) > 0 {
		b.image.Runners = map[string]importer.Tags{cmp.Or(platform, "default"): tags}
	}
}

// withoutCounterpart reports variables that the definition has no key for.
func (c *conversion) withoutCounterpart(b *build) {
	for _, v := range []struct{ name, why string }{
		{schema.VarDistributionPostExec, "nothing runs on the builder once the image is pushed; a test with `outside: true`, or a job that needs build:IMAGE, can do the same"},
		{schema.VarCompressionFormat, "layers are compressed as buildah does"},
		{schema.VarCompressionLevel, "layers are compressed as buildah does"},
		{schema.VarForceRebuild, "what exists is used; " + schema.VarRebuild + "=IMAGE builds it anew, from a schedule too"},
		{schema.VarCacheDir, "the runner's folder /cache is used, if there is one"},
		{"FDO_CBUILD", "nothing is downloaded"},
		{schema.VarEnv, "write it as `env`"},
		{schema.VarLabels, "write them as `labels`"},
		{schema.VarDependents, "write them as `dependents`"},
		{schema.VarIgnoreMissing, "every package must exist"},
		{schema.VarRetries, "no package manager is asked again"},
	} {
		if c.has(b, v.name) && !b.out {
			c.report.Missing(b.variables[v.name].At, v.name, "%s", v.why)
		}
	}
}
