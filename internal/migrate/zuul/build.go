package zuul

import (
	"fmt"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// varBuilderEnv holds the variables of Podman's environment. Docker is not given them, whatever the role's page says.
const varBuilderEnv = "container_build_extra_env"

// environment are the variables that the builder of an image of container_images has.
func (f *fields) environment() map[string]string {
	n := f.run.vars[varBuilderEnv]
	if n == nil || n.isNull() || f.setting("container_command", "podman") != "podman" {
		return nil
	}
	if n.kind != mapping {
		f.c.fail(n.at, "%s must be a map", varBuilderEnv)
		return nil
	}
	var out map[string]string
	for _, variable := range n.fields {
		value, err := f.run.scope.text(variable.value)
		switch {
		case !importer.VariableName.Takes(variable.key):
			f.c.fail(variable.at, "a variable cannot have this name")
		case err != nil:
			f.c.report.Missing(variable.at, variable.key, "%v; it is left out", err)
		default:
			out = with(out, variable.key, value)
		}
	}
	return out
}

// maxMinutes is the longest timeout of a build.
const maxMinutes = 9999

// timeout is how long a run's job may take, in minutes: nothing where it says nothing, or that it may take for ever.
func (c *conversion) timeout(r *run) string {
	n := r.attribute("timeout")
	if n == nil || n.isNull() {
		return ""
	}
	seconds, isNumber := n.value.(int)
	minutes := (seconds + 59) / 60
	switch {
	case !isNumber || seconds < 0:
		c.fail(n.at, "timeout must be a number of seconds")
		return ""
	case seconds == 0:
		return ""
	case seconds%60 != 0 || minutes > maxMinutes:
		c.report.Look(n.at, "timeout", "%d seconds are rounded to whole minutes, at most %d", seconds, maxMinutes)
	}
	return fmt.Sprintf("%dm", min(minutes, maxMinutes))
}

// build is how an image is built, or nil where nothing is said of it.
func (c *conversion) build(i *image) *importer.Build {
	if i.timeout == "" && len(i.env) == 0 {
		return nil
	}
	if at := i.run.attribute("timeout"); at != nil && slices.ContainsFunc(c.images, func(other *image) bool { return other != i && other.run == i.run }) {
		c.noteLook(at.at, "timeout", "it is that of a job with several images in Zuul, and here that of each")
	}
	return &importer.Build{Env: i.env, Timeout: i.timeout}
}
