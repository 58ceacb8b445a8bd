package imagejobs

import (
	"cmp"
	"errors"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// inlineFolder holds the Containerfiles that scripts contain.
const inlineFolder = "containerfiles"

// arguments sets the Containerfile of an image and the arguments that the project itself knows.
func (c *conversion) arguments(i *image) {
	b := i.builds[0]
	i.made.Containerfile, i.made.Target = b.file, b.Target
	if b.isInline {
		i.made.Containerfile = path.Join(inlineFolder, i.made.Name+".Containerfile")
		c.report.Look(b.command.At, i.made.Name, "the Dockerfile in the script is %s now", i.made.Containerfile)
	}
	if b.context != path.Dir(i.made.Containerfile) {
		i.made.Context = b.context
	}
	if b.Target != "" && !importer.Stage.Takes(b.Target) {
		c.drop(i, "only the job knows its target %s", b.Target)
		return
	}
	given := map[string]string{}
	for _, arg := range b.Args {
		if value, ok := c.argument(i, arg); ok {
			given[arg.Name] = value
		}
	}
	c.parse(i, given)
}

// parse reads the Containerfile. Arguments that it does not have do nothing.
func (c *conversion) parse(i *image, given map[string]string) {
	b := i.builds[0]
	parsed, err := containerfile.Parse(b.content, given, i.made.Target)
	var mistake *containerfile.Error
	switch {
	case errors.As(err, &mistake) && mistake.Argument != "":
		c.drop(i, "its Containerfile needs the argument %s in line %d, and only the job knows the value", mistake.Argument, mistake.Line)
		return
	case err != nil:
		c.drop(i, "%s: %v", b.file, err)
		return
	}
	i.parsed = parsed
	for name := range given {
		if !slices.Contains(parsed.Arguments, name) {
			delete(given, name)
			c.looks.Add(b.command.At, name, "the Containerfile has no such ARG, so the argument does nothing", i.made.Name)
		}
	}
	if len(given) > 0 {
		i.made.Args = given
	}
	for _, id := range parsed.Secrets {
		c.looks.Add(b.command.At, id, "a step mounts this secret: name its CI variable in `build: {secrets: …}`", i.made.Name)
	}
}

// secretName matches names of values that others must not see.
var secretName = regexp.MustCompile(`(?i)TOKEN|PASSW|SECRET|CREDENTIAL|PRIVATE|API_?KEY|(?:^|_)PASS(?:$|_)|(?:^|_)PAT$|ACCESS_KEY|NPMRC`)

// argument is the value of an argument in the definition. It says what becomes of one that the definition cannot have.
func (c *conversion) argument(i *image, arg imagetool.Pair) (string, bool) {
	at := i.builds[0].command.At
	isSecret := secretName.MatchString(arg.Name)
	switch {
	case !importer.VariableName.Takes(arg.Name):
		c.lost.Add(at, arg.Name, "the name of the argument is not known", i.made.Name)
	case isSecret:
		c.lost.Add(at, arg.Name, "a secret does not belong in an argument, which stays in the image: mount it with `RUN --mount=type=secret` and name its CI variable in `build: {secrets: …}`", i.made.Name)
	case !arg.HasValue || script.IsOpen(arg.Value):
		if other := c.pushedTo(arg.Value); other != nil {
			return c.parentArgument(i, arg, other)
		}
		if project, ok := c.projectImage(arg.Value); ok {
			return c.outsideArgument(i, arg, project)
		}
		c.lost.Add(at, arg.Name, "only the job knows the value "+cmp.Or(arg.Value, "$"+arg.Name)+" of the argument: the image has the default of its ARG", i.made.Name)
	default:
		return arg.Value, true
	}
	return "", false
}

// parentArgument gives an argument the name of an image of the definition.
func (c *conversion) parentArgument(i *image, arg imagetool.Pair, parent *image) (string, bool) {
	if parent == i || parent.reaches(i) {
		c.lost.Add(i.at(), arg.Name, "it names the image itself", i.made.Name)
		return "", false
	}
	i.on = append(i.on, parent)
	c.report.Look(i.at(), arg.Name, "its value %s is the image %s of this definition, which is built first", arg.Value, parent.made.Name)
	return parent.made.Name, true
}

// outsideArgument gives an argument a name that means an image of another project.
func (c *conversion) outsideArgument(i *image, arg imagetool.Pair, project importer.ProjectImage) (string, bool) {
	name := strings.ToLower(strings.ReplaceAll(arg.Name, "_", "-"))
	if !importer.ParentName.Takes(name) {
		return "", false
	}
	i.setParent(name, project)
	return name, true
}

// projectImage is an image in the registry of this GitLab that belongs to another project.
func (c *conversion) projectImage(reference string) (importer.ProjectImage, bool) {
	rest, ok := strings.CutPrefix(reference, "${CI_REGISTRY}/")
	repository, tag, _ := imagetool.Cut(rest)
	segments := strings.Split(repository, "/")
	if !ok || script.IsOpen(rest) || len(segments) < 3 {
		return importer.ProjectImage{}, false
	}
	cut := max(2, len(segments)-2)
	image := importer.ProjectImage{Project: strings.Join(segments[:cut], "/"), Image: strings.Join(segments[cut:], "/"), Tag: tag}
	return image, importer.ProjectPath.Takes(image.Project) && importer.CheckName(image.Image) == nil
}

// pushedTo is the image that is pushed to a reference, or is the only one of its repository.
func (c *conversion) pushedTo(reference string) *image {
	if reference == "" {
		return nil
	}
	if b := c.meant(nil, reference); b != nil {
		return b.image
	}
	return nil
}

// reaches reports whether an image is built on another, over any number of steps.
func (i *image) reaches(other *image) bool {
	return importer.Reaches(i, other, func(i *image) []*image { return i.on })
}

// parents finds the images of the definition that the Containerfile names.
func (c *conversion) parents(i *image) {
	for _, parent := range i.parsed.Parents {
		other := c.pushedTo(parent.Reference)
		if other == nil {
			other = c.local(i, parent.Reference)
		}
		isName := slices.ContainsFunc(c.converted(), func(i *image) bool { return i.made.Name == parent.Reference })
		switch {
		case other == i || other != nil && other.reaches(i):
		case other != nil:
			i.on = append(i.on, other)
			if parent.Reference != other.made.Name {
				i.setParent(parent.Reference, other.made.Name)
			}
			continue
		case isName && slices.ContainsFunc(i.on, func(on *image) bool { return on.made.Name == parent.Reference }):
			continue
		}
		if isName && i.made.Parents[parent.Reference] == nil {
			i.setParent(parent.Reference, importer.OnHub(parent.Reference))
		}
	}
}

func (i *image) setParent(name string, value any) {
	if i.made.Parents == nil {
		i.made.Parents = map[string]any{}
	}
	i.made.Parents[name] = value
}

// local is the image that an earlier command of the same job gave a name that only its machine knows.
func (c *conversion) local(i *image, reference string) *image {
	for _, b := range i.builds[0].job.builds {
		if b != i.builds[0] && b.image != nil && b.image != i && slices.Contains(b.names, c.reference(reference)) && !definition.NamesOutside(strings.TrimSuffix(reference, ":latest")) {
			return b.image
		}
	}
	return nil
}

// fill sets what else the builds of an image say.
func (c *conversion) fill(i *image) {
	for _, b := range i.builds {
		c.written(i, b)
		c.platforms(i, b)
		i.made.Build = c.buildOf(i, b)
		for _, label := range b.Labels {
			c.label(i, label)
		}
		c.options(b.job, b.command, b.Others)
		for _, named := range b.Contexts {
			c.lost.Add(b.command.At, "--build-context "+named.Name, "write it as `parents` or `contexts`", i.made.Name)
		}
		for _, secret := range b.Secrets {
			c.looks.Add(b.command.At, "--secret", "name the CI variable of "+strings.Split(secret, ",")[0]+" in `build: {secrets: …}`", i.made.Name)
		}
	}
	i.made.Manual = jobkeys.Manual(i.builds[0].job.Job)
	for _, b := range i.builds {
		if jobkeys.Manual(b.job.Job) == "" {
			i.made.Manual = ""
		}
	}
}

// platforms are those of the commands, or those that the tags of the runners name.
func (c *conversion) platforms(i *image, b *build) {
	tags, named := jobkeys.Runner(b.job.Job, b.job.variables)
	var platforms []string
	for _, platform := range b.Platforms {
		switch {
		case importer.Platform.Takes(platform) && strings.HasPrefix(platform, "linux/"):
			platforms = append(platforms, platform)
		case importer.Platform.Takes("linux/"+platform) && !script.IsOpen(platform):
			platforms = append(platforms, "linux/"+platform)
		default:
			c.lost.Add(b.command.At, "--platform", "images are built for Linux, and "+platform+" is not known", b.job.label)
		}
	}
	if len(platforms) == 0 && named != "" && (len(i.made.Platforms) > 0 || named != "linux/amd64") {
		platforms = []string{named}
	}
	for _, platform := range platforms {
		if !slices.Contains(i.made.Platforms, platform) {
			i.made.Platforms = append(i.made.Platforms, platform)
		}
	}
	if len(tags) == 0 {
		return
	}
	key := "default"
	if len(platforms) == 1 && named == platforms[0] {
		key = named
	}
	if i.made.Runners == nil {
		i.made.Runners = map[string]importer.Tags{}
	}
	if i.made.Runners[key] == nil {
		i.made.Runners[key] = tags
	}
}

func (c *conversion) buildOf(i *image, b *build) *importer.Build {
	made := importer.Build{}
	if i.made.Build != nil {
		made = *i.made.Build
	}
	made.Cache = made.Cache || b.HasCache
	if n := jobkeys.Minutes(b.job.Keys.Get("timeout").String()); n > 0 && made.Timeout == "" {
		made.Timeout = strconv.Itoa(n) + "m"
	}
	if !made.Cache && made.Timeout == "" {
		return nil
	}
	return &made
}

// label sets a label that the project itself knows.
func (c *conversion) label(i *image, label imagetool.Pair) {
	switch {
	case definition.IsReservedLabel(label.Name):
		c.lost.Add(i.at(), label.Name, "every build sets this label", i.made.Name)
	case script.IsOpen(label.Name+label.Value) || !importer.LabelName.Takes(label.Name):
		c.lost.Add(i.at(), "--label "+label.Name, "only the job knows the label", i.made.Name)
	default:
		if i.made.Labels == nil {
			i.made.Labels = map[string]string{}
		}
		i.made.Labels[label.Name] = label.Value
	}
}
