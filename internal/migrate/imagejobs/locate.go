package imagejobs

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// locate finds the Containerfile and the context of a build.
func (c *conversion) locate(b *build) {
	if b.Output != "" && !b.IsPushed {
		c.leaveOut(b, "it makes files and no image")
		return
	}
	if c.context(b); b.out {
		return
	}
	names := []string{b.Containerfile}
	switch {
	case b.Containerfile == "-" || b.Containerfile == "/dev/stdin" || b.Context == "-":
		c.standardInput(b)
		return
	case b.Containerfile == "":
		names = []string{"Dockerfile"}
		if b.Tool == "buildah" || b.Tool == "podman" {
			names = []string{"Containerfile", "Dockerfile"}
		}
	}
	for _, name := range names {
		for _, folder := range []string{b.command.Dir, b.context} {
			if b.Containerfile == "" {
				folder = b.context
			}
			if c.containerfile(b, script.Below(folder, name)) {
				return
			}
		}
	}
	name := path.Join(b.context, names[len(names)-1])
	if b.Containerfile != "" {
		name = b.Containerfile
	}
	if script.IsOpen(script.Local(name)) {
		c.leaveOut(b, "only the job knows its Containerfile %s", name)
	} else {
		c.leaveOut(b, "the project has no file %s", name)
	}
}

// context finds the folder that is built.
func (c *conversion) context(b *build) {
	folder := script.Local(b.Context)
	switch {
	case b.Context == "-":
		b.context = path.Join(b.command.Dir, ".")
		return
	case strings.Contains(script.Mask(folder), "://") || strings.HasPrefix(folder, "git@"):
		c.leaveOut(b, "its context %s is not a folder of the project", b.Context)
		return
	case script.IsOpen(folder):
		c.leaveOut(b, "only the job knows its context %s", b.Context)
		return
	}
	folder = script.Below(path.Join(b.command.Dir, "."), b.Context)
	info, err := fs.Stat(c.source.Tree, folder)
	switch {
	case !fs.ValidPath(folder) || !importer.Path.Takes(folder):
		c.leaveOut(b, "its context %s is outside of the project", folder)
	case err != nil || !info.IsDir():
		c.leaveOut(b, "the project has no folder %s", folder)
	}
	b.context = folder
}

// containerfile takes the Containerfile at a path, and reports whether there is one: what the script writes there, the file that the
// job copies there, or the project's.
func (c *conversion) containerfile(b *build, file string) bool {
	text, isScripted := c.scripted(b, file)
	if isScripted && text.IsWhole {
		b.content, b.isInline, b.scriptFile = []byte(text.Value), true, file
		return true
	}
	for _, candidate := range []string{c.copied(b, file), file} {
		if content, ok := c.content(candidate); ok {
			b.file, b.content = candidate, content
			return true
		}
	}
	if isScripted {
		c.leaveOut(b, "the script makes its Containerfile %s, with values that only the job knows or with another program", file)
	}
	return isScripted
}

// content is that of a file of the project that can be a Containerfile.
func (c *conversion) content(file string) ([]byte, bool) {
	if file == "" || !fs.ValidPath(file) || !importer.Path.Takes(file) {
		return nil, false
	}
	info, err := fs.Stat(c.source.Tree, file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return nil, false
	}
	content, err := fs.ReadFile(c.source.Tree, file)
	return content, err == nil
}

// copied is the file that the job copies or moves to a place.
func (c *conversion) copied(b *build, file string) string {
	for _, a := range b.job.actions {
		args := a.command.Args
		if a.does != nil || len(args) < 3 || args[0] != "cp" && args[0] != "mv" {
			continue
		}
		from, to := script.Below(a.command.Dir, args[len(args)-2]), script.Below(a.command.Dir, args[len(args)-1])
		if to == file || path.Join(to, path.Base(from)) == file {
			return from
		}
	}
	return ""
}

// standardInput takes the Containerfile from the standard input of the command.
func (c *conversion) standardInput(b *build) {
	switch {
	case b.command.Input != "":
		if !c.containerfile(b, script.Below(b.command.Dir, b.command.Input)) {
			c.leaveOut(b, "the project has no file %s", b.command.Input)
		}
	case b.command.Stdin.Value != "" && b.command.Stdin.IsWhole:
		b.content, b.isInline = []byte(b.command.Stdin.Value), true
	default:
		c.leaveOut(b, "another command writes its Containerfile")
	}
}

// inputs tell apart what builds are made of. Builds of the same inputs make the same image.
func (b *build) inputs() string {
	var args []string
	for _, arg := range b.Args {
		if !script.IsOpen(arg.Value) && arg.HasValue {
			args = append(args, arg.Name+"="+arg.Value)
		}
	}
	slices.Sort(args)
	text := ""
	if b.isInline {
		text = string(b.content)
	}
	return fmt.Sprintf("%q %q %q %q %v %q", b.file, b.context, b.Target, args, b.Contexts, text)
}

// group joins the builds that make the same image at the same place of the project's registry.
func (c *conversion) group() {
	groups := map[string]*image{}
	var homeless []*build
	for _, b := range c.builds {
		if b.out {
			continue
		}
		place := ""
		for _, p := range b.pushed {
			place = cmp.Or(place, own(p.name))
		}
		for _, name := range b.names {
			place = cmp.Or(place, own(name))
		}
		if place == "" {
			homeless = append(homeless, b)
			continue
		}
		c.join(groups, b.inputs()+" "+withoutOpen(place), b, place)
	}
	for _, b := range homeless {
		key := b.inputs()
		for _, i := range c.images {
			if i.builds[0].inputs() == key {
				key = ""
				c.attach(i, b)
				break
			}
		}
		if key != "" {
			c.join(groups, key, b, "")
		}
	}
}

func (c *conversion) join(groups map[string]*image, key string, b *build, place string) {
	i := groups[key]
	if i == nil {
		i = &image{own: place}
		groups[key] = i
		c.images = append(c.images, i)
	}
	c.attach(i, b)
}

func (c *conversion) attach(i *image, b *build) {
	i.builds, b.image = append(i.builds, b), i
}

// name gives each image the name of its repository in the project's registry, so that it stays there; or else that of another
// repository, of the folder, or of the job: the first that no other image would have.
func (c *conversion) name() {
	candidates := map[*image][]string{}
	count := map[string]int{}
	for _, i := range c.images {
		candidates[i] = c.candidates(i)
		count[candidates[i][0]]++
	}
	names := importer.Names{}
	for _, i := range c.images {
		chosen := candidates[i][0]
		if n := slices.IndexFunc(candidates[i][1:], func(name string) bool { return count[name] == 0 }); n >= 0 && count[chosen] > 1 {
			chosen = candidates[i][1+n]
			count[chosen]++
		}
		if _, isDistribution := c.recipes.Recipe(chosen); isDistribution {
			chosen += "-image"
		}
		i.made.Name = names.Free(chosen, nil)
	}
}

// candidates are names for an image, the best first, each once.
func (c *conversion) candidates(i *image) []string {
	b := i.builds[0]
	var out []string
	add := func(text string, isPath bool) {
		if text = withoutOpen(text); text != "" && text != "." {
			if name := importer.NearestName(text, isPath); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	if i.own != "." && i.own != "" {
		for _, more := range []string{"", b.Target, plain(b.job.label)} {
			add(strings.Trim(withoutOpen(i.own)+"-"+more, "-"), true)
		}
	}
	for _, name := range i.elsewhere() {
		add(name, false)
	}
	if i.own == "." && len(out) == 0 {
		add(c.source.Root, false)
	}
	for _, text := range []string{path.Base(b.context), path.Base(path.Dir(b.file)), path.Base(b.file)} {
		add(plain(text), false)
	}
	if b.Target != "" {
		add(c.source.Root+"-"+b.Target, false)
	}
	if len(c.images) > 1 {
		add(plain(b.job.label), false)
	}
	add(c.source.Root, false)
	return append(out, "image")
}

// elsewhere are the last parts of the repositories in other registries, those with the tag "latest" first.
func (i *image) elsewhere() []string {
	var first, rest []string
	for _, b := range i.builds {
		for _, name := range b.names {
			repository, tag, _ := imagetool.Cut(name)
			switch {
			case own(name) != "":
			case tag == "latest":
				first = append(first, path.Base(withoutOpen(repository)))
			default:
				rest = append(rest, path.Base(withoutOpen(repository)))
			}
		}
	}
	return append(first, rest...)
}

var (
	camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	// generic are words that say nothing of an image.
	generic = []string{
		"build", "docker", "dockerfile", "containerfile", "image", "images", "container", "push", "publish", "kaniko", "job", "buildah", "podman", "release", "deploy", "ci", "src",
		"dev", "prod", "production", "staging", "and", "to", "registry", "test", "package", "latest", "tag", "master", "main",
	}
)

// plain is a text without the words that say nothing of an image.
func plain(text string) string {
	words := strings.FieldsFunc(camel.ReplaceAllString(withoutOpen(text), "$1-$2"), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	words = slices.DeleteFunc(words, func(word string) bool { return slices.Contains(generic, strings.ToLower(word)) })
	return strings.Join(words, "-")
}

// dropChildren leaves out the images that are built on others that are left out.
func (c *conversion) dropChildren() {
	for range c.images {
		for _, i := range c.converted() {
			if n := slices.IndexFunc(i.on, func(parent *image) bool { return parent.out }); n >= 0 {
				c.drop(i, "it is built on %s, of which no image is made", i.on[n].made.Name)
			}
		}
	}
}

// claim leaves each place to the first image that is pushed to it, since only one can be released there.
func (c *conversion) claim() {
	owners := map[string]string{}
	for _, i := range c.converted() {
		for n, release := range i.made.Release {
			i.made.Release[n].Tags = slices.DeleteFunc(release.Tags, func(tag string) bool {
				if release.Repository == "" {
					return false
				}
				place := release.Repository + ":" + tag
				first, isTaken := owners[place]
				if isTaken {
					c.report.Missing(i.builds[0].command.At, i.made.Name, "%s is pushed to %s as well, and is released there", first, place)
				} else {
					owners[place] = i.made.Name
				}
				return isTaken
			})
		}
		i.made.Release = slices.DeleteFunc(i.made.Release, func(release importer.Release) bool { return len(release.Tags) == 0 })
	}
}

// at is the place of the first command that builds an image.
func (i *image) at() diagnostic.Span { return i.builds[0].command.At }
