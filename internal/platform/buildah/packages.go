package buildah

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// packages installs packages in a container, as a distribution's recipe says.
type packages struct {
	builder   *Builder
	container string
	recipe    *schema.Recipe
	retries   int
}

// install brings the base up to date and installs packages.
func (p packages) install(ctx context.Context, names []string, ignoreMissing bool) error {
	if err := p.try(ctx, p.recipe.Upgrade, nil); err != nil {
		return fmt.Errorf("bring the base up to date: %w", err)
	}
	if ignoreMissing && len(names) > 0 {
		missing, err := p.ask(ctx, p.recipe.Missing, names)
		if err != nil {
			return fmt.Errorf("find out which packages there are: %w", err)
		}
		for _, name := range missing {
			fmt.Fprintf(p.builder.config.Log, "Warning: the package %s does not exist; it is left out.\n", name)
		}
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(missing, name) })
	}
	if len(names) == 0 {
		return nil
	}
	err := p.try(ctx, p.recipe.Install, names)
	if err == nil {
		return nil
	}
	if !outside.Is(err) {
		if wrong := p.wrongNames(ctx, names); wrong != "" {
			return fmt.Errorf("install packages: %s", wrong)
		}
	}
	return fmt.Errorf("install packages: %w", err)
}

// clean removes what the package manager leaves.
func (p packages) clean(ctx context.Context) error {
	if err := p.run(ctx, p.recipe.Clean, nil); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}

// wrongNames says which packages do not exist, with similar names that do; it is empty if all exist.
func (p packages) wrongNames(ctx context.Context, names []string) string {
	missing, err := p.ask(ctx, p.recipe.Missing, names)
	if err != nil || len(missing) == 0 {
		return ""
	}
	available, err := p.ask(ctx, p.recipe.Available, nil)
	if err != nil {
		available = nil
	}
	slices.Sort(available)
	problems := make([]string, len(missing))
	for i, name := range missing {
		problems[i] = "the package " + name + " does not exist" + diagnostic.DidYouMean(name, available)
	}
	return strings.Join(problems, ", ")
}

// try runs a script of the recipe, again after a pause where it fails and retries are left.
func (p packages) try(ctx context.Context, script string, names []string) error {
	err := p.run(ctx, script, names)
	for retry := 1; err != nil && retry <= p.retries && ctx.Err() == nil; retry++ {
		fmt.Fprintf(p.builder.config.Log, "Warning: the package manager failed; trying again, %d of %d.\n", retry, p.retries)
		if network.Pause(ctx, time.Duration(retry)*5*time.Second) == nil {
			err = p.run(ctx, script, names)
		}
	}
	return err
}

// run runs a script of the recipe. A mirror that the package manager cannot reach is a failure outside.
func (p packages) run(ctx context.Context, script string, names []string) error {
	printed, err := p.builder.watchInside(ctx, p.program(script, names))
	return outside.MarkOutput(err, printed)
}

// ask runs a script of the recipe that prints names.
func (p packages) ask(ctx context.Context, script string, names []string) ([]string, error) {
	out, err := p.builder.outputInside(ctx, p.program(script, names))
	return strings.Fields(out), err
}

// program runs a script of the recipe. Packages are the script's arguments, never part of it.
func (p packages) program(script string, names []string) inside {
	return inside{container: p.container, flags: asRoot(p.recipe.Env), program: shellScript(script, names...)}
}
