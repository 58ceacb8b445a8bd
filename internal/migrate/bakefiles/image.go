package bakefiles

import (
	"cmp"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/schema"
)

// inlineFolder holds Containerfiles that other files contain.
const inlineFolder = "containerfiles"

// fill makes the image of a target, all but its parents.
func (c *conversion) fill(i *image) {
	if c.refused(i); i.out {
		return
	}
	if c.containerfile(i); i.out {
		return
	}
	i.made.Target = i.Stage
	if i.Stage != "" && !importer.Stage.Takes(i.Stage) {
		c.leaveOut(i, "%s is no name of a stage", diagnostic.Quote(i.Stage))
		return
	}
	c.platforms(i)
	c.labels(i)
	c.stopSignal(i)
	c.release(i)
}

// folder is a path below the tree, or false where it leads out of it.
func folder(name string) (string, bool) {
	clean := path.Clean(cmp.Or(name, "."))
	return clean, fs.ValidPath(clean) && importer.Path.Takes(clean)
}

// isAddress reports whether a context is none of the machine that builds, or what a program hands it.
func isAddress(context string) bool {
	return strings.Contains(context, "://") || strings.HasPrefix(context, "git@") || context == "-"
}

// containerfile finds the Containerfile and its context.
func (c *conversion) containerfile(i *image) {
	context, ok := folder(i.Context)
	file, fileOK := folder(path.Join(context, cmp.Or(i.Dockerfile, "Dockerfile")))
	switch {
	case isAddress(i.Context):
		c.leaveOut(i, "its context %s is no folder of the project", diagnostic.Quote(i.Context))
		return
	case !ok, !fileOK:
		c.leaveOut(i, "its files are outside of the tree")
		return
	case i.Inline != "":
		file = path.Join(inlineFolder, i.made.Name+".Containerfile")
		i.content = []byte(i.Inline)
		i.made.Containerfile, i.made.Context = file, path.Join(c.target.Folder, context)
		return
	}
	content, err := fs.ReadFile(c.source.FS, file)
	if err != nil {
		c.found.Errorf(diagnostic.Import, i.At, "%s of %s cannot be read", diagnostic.Quote(file), diagnostic.Quote(i.Name))
		i.out = true
		return
	}
	i.content, i.made.Containerfile = content, path.Join(c.target.Folder, file)
	if context != path.Dir(file) {
		i.made.Context = path.Join(c.target.Folder, context)
	}
}

// platforms are those of Linux; "local" is whatever builds.
func (c *conversion) platforms(i *image) {
	var others []string
	for _, platform := range i.Platforms {
		same := func(other string) bool { return schema.Arch(other) == schema.Arch(platform) }
		switch {
		case platform == "" || platform == "local" || slices.Contains(i.made.Platforms, platform):
		case !importer.Platform.Takes(platform) || !strings.HasPrefix(platform, "linux/"):
			others = append(others, platform)
			c.lost.Add(i.At, platform, "images are built for Linux", i.Name)
		case slices.ContainsFunc(i.made.Platforms, same):
			c.lost.Add(i.At, platform, "another platform is called "+schema.Arch(platform)+" too", i.Name)
		default:
			i.made.Platforms = append(i.made.Platforms, platform)
		}
	}
	if len(i.made.Platforms) == 0 && len(others) > 0 {
		c.leaveOut(i, "it is for %s, and images are built for Linux", strings.Join(others, ", "))
	}
}

// stopSignal is the signal that stops a container, which compose takes without "SIG" too.
func (c *conversion) stopSignal(i *image) {
	signal := strings.ToUpper(i.StopSignal)
	if signal != "" && !strings.HasPrefix(signal, "SIG") {
		signal = "SIG" + signal
	}
	switch {
	case signal == "":
	case importer.Signal.Takes(signal) && strings.Trim(signal, "SIG0123456789") != "":
		i.made.StopSignal = signal
	default:
		c.lost.Add(i.At, "stop_signal", "write the name of the signal "+i.StopSignal+" as `stopSignal`", i.Name)
	}
}

func (c *conversion) labels(i *image) {
	for _, name := range slices.Sorted(maps.Keys(i.Labels)) {
		switch {
		case definition.IsReservedLabel(name):
			c.lost.Add(i.At, name, "every build sets this label", i.Name)
		case !importer.LabelName.Takes(name):
			c.lost.Add(i.At, name, "it is no name of a label here", i.Name)
		default:
			if i.made.Labels == nil {
				i.made.Labels = map[string]string{}
			}
			i.made.Labels[name] = i.Labels[name]
		}
	}
}

// release are the places that the image is pushed to. A name without a registry is one of Docker Hub where it has a user, and else
// only of the machine that builds it.
func (c *conversion) release(i *image) {
	for _, tag := range i.Tags {
		repository, version, _ := strings.Cut(path.Base(tag), ":")
		repository = path.Join(path.Dir(tag), repository)
		version = cmp.Or(version, "latest")
		if first, _, isPath := strings.Cut(repository, "/"); isPath && !strings.ContainsAny(first, ".:") && first != "localhost" {
			repository = "docker.io/" + repository
		}
		_, err := schema.ParseTag(version)
		if strings.Contains(repository, "/") && err == nil {
			repository = importer.LowerCase(repository, i.At, c.report)
		}
		switch {
		case tag == "":
		case !strings.Contains(repository, "/") || strings.HasPrefix(repository, "localhost"):
			c.looks.Add(i.At, "tags", "those without a registry are only names on the machine that builds: images are in the project's own registry here", i.Name)
		case err != nil || !importer.Repository.Takes(repository):
			c.report.Missing(i.At, i.Name, "%s is no repository with a tag", diagnostic.Quote(tag))
		default:
			c.add(i, repository, version)
		}
	}
}

func (c *conversion) add(i *image, repository, tag string) {
	n := slices.IndexFunc(i.made.Release, func(r importer.Release) bool { return r.Repository == repository })
	if n < 0 {
		n = len(i.made.Release)
		i.made.Release = append(i.made.Release, importer.Release{Repository: repository})
	}
	if !slices.Contains(i.made.Release[n].Tags, tag) {
		i.made.Release[n].Tags = append(i.made.Release[n].Tags, tag)
	}
}

// claim leaves each place to the first image that is pushed to it, since only one can be released there.
func (c *conversion) claim() {
	owners := map[string]*image{}
	for _, i := range c.converted() {
		for n, release := range i.made.Release {
			i.made.Release[n].Tags = slices.DeleteFunc(release.Tags, func(tag string) bool {
				place := release.Repository + ":" + tag
				first, isTaken := owners[place]
				if isTaken {
					c.report.Missing(i.At, i.Name, "%s is pushed to %s as well, and is released there", first.Name, place)
				} else {
					owners[place] = i
				}
				return isTaken
			})
		}
		i.made.Release = slices.DeleteFunc(i.made.Release, func(release importer.Release) bool { return len(release.Tags) == 0 })
	}
}
