package imagejobs

import (
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// ownRegistry is the registry path of the project.
const ownRegistry = "${CI_REGISTRY_IMAGE}"

// reference is a name of an image in one spelling: the registry path of the project has only one name, and there is a tag.
func (c *conversion) reference(name string) string {
	name = strings.TrimPrefix(strings.Trim(name, `"' `), "docker://")
	paths := []string{"${CI_PROJECT_PATH}", "${CI_PROJECT_NAMESPACE}/${CI_PROJECT_NAME}", "${CI_PROJECT_ROOT_NAMESPACE}/${CI_PROJECT_NAME}"}
	if c.source.Project != "" {
		paths = append(paths, strings.ToLower(c.source.Project), c.source.Project)
	}
	for _, project := range paths {
		for _, registry := range []string{"${CI_REGISTRY}", "registry.gitlab.com", "${CI_REGISTRY_URL}"} {
			rest, ok := strings.CutPrefix(name, registry+"/"+project)
			if ok && (rest == "" || strings.ContainsAny(rest[:1], "/:@")) {
				name = ownRegistry + rest
			}
		}
	}
	if repository, _, hasTag := imagetool.Cut(name); !hasTag && repository == name {
		name += ":latest"
	}
	return name
}

// repository is a repository in one spelling.
func (c *conversion) repository(name string) string {
	repository, _, _ := imagetool.Cut(c.reference(name))
	return repository
}

// own is the repository of an image below the registry path of the project; "." is that path itself, and empty another registry.
func own(name string) string {
	repository, _, _ := imagetool.Cut(name)
	rest, ok := strings.CutPrefix(repository, ownRegistry)
	switch {
	case !ok:
		return ""
	case rest == "":
		return "."
	}
	return strings.Trim(rest, "/-_.")
}

// follow finds the names that images get after they are built, in the same job or in a later one.
func (c *conversion) follow() {
	for _, j := range c.jobs {
		called := map[string]*build{}
		for _, a := range j.actions {
			switch does := a.does.(type) {
			case *build:
				for _, name := range does.names {
					called[name] = does
				}
			case imagetool.Name:
				for _, from := range does.Of {
					if b := c.meant(called, from); b != nil {
						for _, to := range does.To {
							called[c.reference(to)] = b
							b.called(c.reference(to))
							if does.IsPushed {
								b.push(c.reference(to), j, a.command)
							}
						}
					}
				}
			case imagetool.Push:
				c.push(called, does, j, a.command)
			}
		}
	}
}

func (c *conversion) push(called map[string]*build, p imagetool.Push, j *job, command script.Command) {
	if p.IsAll {
		repository, _, _ := imagetool.Cut(p.Name)
		for _, name := range slices.Sorted(maps.Keys(called)) {
			if place, _, _ := imagetool.Cut(name); place == c.repository(repository) {
				called[name].push(name, j, command)
			}
		}
		return
	}
	if b := c.meant(called, p.Name); b != nil {
		c.options(j, command, p.Others)
		name := p.Name
		if p.To != "" {
			name = p.To
		}
		b.push(c.reference(name), j, command)
	}
}

// meant is the build whose image has a name: in this job, in another one, or as the only one of its repository.
func (c *conversion) meant(called map[string]*build, name string) *build {
	name = c.reference(name)
	if b := called[name]; b != nil {
		return b
	}
	for _, b := range c.builds {
		if slices.Contains(b.names, name) && strings.ContainsAny(name, "/$") {
			return b
		}
	}
	repository, _, _ := imagetool.Cut(name)
	var only *build
	for _, b := range c.builds {
		isSame := func(other string) bool { place, _, _ := imagetool.Cut(other); return place == repository }
		if !slices.ContainsFunc(b.names, isSame) || !strings.ContainsAny(repository, "/$") {
			continue
		}
		if only != nil && only.inputs() != b.inputs() {
			return nil
		}
		only = b
	}
	return only
}

// withoutOpen is a text without what only a job knows.
func withoutOpen(text string) string {
	mask := script.Mask(text)
	var out strings.Builder
	for i := range len(text) {
		if mask[i] == text[i] {
			out.WriteByte(text[i])
		}
	}
	return strings.Trim(path.Clean("/"+out.String()), "/")
}
