package imagejobs

import (
	"io/fs"
	"maps"
	"path"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/migrate/bake"
	"gitlab.com/stemma-ci/stemma/internal/migrate/bakefiles"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// compose adds the builds of the services of a compose file, or of the targets of a docker-bake file.
func (c *conversion) compose(j *job, command script.Command, does imagetool.Compose) {
	targets, ok := c.targets(command, does)
	if !ok {
		c.add(j, command, imagetool.Build{Tool: "compose", Containerfile: path.Join(append([]string{"."}, does.Files...)...), Context: "."})
		return
	}
	c.options(j, command, does.Others)
	for _, t := range targets {
		isNamed := len(does.Names) == 0 || slices.Contains(does.Names, t.Name)
		if !isNamed || t.IsPart {
			continue
		}
		if n := slices.IndexFunc(j.builds, func(b *build) bool {
			return b.Tool == "compose" && b.Target == t.Stage && slices.Equal(b.Tags, t.Tags) && b.Context == t.Context
		}); n >= 0 {
			for _, name := range j.builds[n].names {
				if does.IsPushed {
					j.builds[n].push(name, j, command)
				}
			}
			continue
		}
		b := imagetool.Build{Tool: "compose", Context: t.Context, Target: t.Stage, Tags: t.Tags, Platforms: t.Platforms, IsPushed: does.IsPushed}
		if t.Dockerfile != "" {
			b.Containerfile = path.Join(t.Context, t.Dockerfile)
		}
		b.Args, b.Labels = pairs(t.Args), pairs(t.Labels)
		if len(b.Tags) == 0 {
			b.Tags, b.IsPushed = []string{t.Name}, false
		}
		command.Dir = "" // the paths of targets begin at the root
		c.add(j, command, b)
	}
}

// targets reads the files.
func (c *conversion) targets(command script.Command, does imagetool.Compose) ([]bake.Target, bool) {
	var files []string
	for _, name := range does.Files {
		files = append(files, script.Below(command.Dir, name))
	}
	if len(files) == 0 {
		folder, err := fs.Sub(c.source.Tree, path.Join(command.Dir, "."))
		if err != nil {
			return nil, false
		}
		for _, name := range bakefiles.Find(folder) {
			if bakefiles.IsCompose(name) != does.IsBake {
				files = append(files, path.Join(command.Dir, name))
			}
		}
	}
	if len(files) == 0 || !fs.ValidPath(files[0]) {
		return nil, false
	}
	if bakefiles.IsCompose(files[0]) {
		targets, _, found, err := bake.Compose(c.source.Tree, files[0])
		return targets, err == nil && !found.HasErrors()
	}
	var read []bake.File
	for _, name := range files {
		content, err := fs.ReadFile(c.source.Tree, name)
		if err != nil {
			return nil, false
		}
		read = append(read, bake.File{Name: name, Content: content})
	}
	targets, _, found := bake.Read(read)
	return targets, !found.HasErrors()
}

// pairs are the entries of a map, sorted by name.
func pairs(values map[string]string) []imagetool.Pair {
	var out []imagetool.Pair
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, imagetool.Pair{Name: name, Value: values[name], HasValue: true})
	}
	return out
}
