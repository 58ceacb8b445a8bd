package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

func newLockCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	var update bool
	var now []string
	cmd := projectCommand{
		use:     "lock [IMAGE...]",
		short:   "Pin external images to their digests, in " + lock.File,
		formats: []string{"text", "json"},
		args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 && !update {
				return cli.UsageError{Err: fmt.Errorf("%s is named, but nothing moves without --update", args[0])}
			}
			return nil
		},
		run: func(p *project, format string, args []string) error {
			if p.found.HasErrors() {
				return p.print(format)
			}
			return p.lock(p.ctx, format, update, args, now)
		},
	}.command(std, getenv)
	cmd.Flags().BoolVar(&update, "update", false, "update the pins of all or the named images to the newest digests that are old enough")
	cmd.Flags().StringSliceVar(&now, "now", nil, "an image, or a parent, to update to its current digest, whatever its age")
	return cmd
}

// lock asks the registries and writes the lock.
func (p *project) lock(ctx context.Context, format string, update bool, images, now []string) error {
	outside := p.lockable()
	moves, err := chosen(outside, images)
	if err != nil {
		return err
	}
	atOnce, err := chosen(outside, now)
	if err != nil {
		return err
	}
	age, err := duration(p.result.Definition.Lock.MinimumAge)
	if err != nil {
		return err
	}
	policy := pin.Policy{
		Moves:      func(name string) bool { return update && (len(images) == 0 || slices.Contains(moves, name)) },
		Now:        func(name string) bool { return slices.Contains(atOnce, name) },
		MinimumAge: age, Time: p.now(),
	}
	locked, changes, err := p.pins(ctx, p.result.Graph.Outside(), policy)
	if err != nil {
		return err
	}
	sources, moved, err := p.sources(ctx, func(name string) bool { return policy.Moves(name) || policy.Now(name) })
	if err != nil {
		return err
	}
	locked.Sources, changes = sources, append(changes, moved...)
	if err := p.writeLock(locked); err != nil {
		return err
	}
	if format == "json" {
		return encodeJSON(p.std.Out, changes)
	}
	return p.printChanges(changes)
}

// lockable is what the lock may pin, parents and sources.
func (p *project) lockable() []lineage.Outside {
	all := p.result.Graph.Outside()
	for _, source := range p.result.Graph.Sources() {
		own := lineage.Outside{Name: source.Name()}
		for _, image := range p.result.Graph.Images {
			if slices.ContainsFunc(image.Sources, func(s lineage.Source) bool { return s.Name() == own.Name }) {
				own.Images = append(own.Images, image.Name)
			}
		}
		all = append(all, own)
	}
	return all
}

// pins asks the registries what the parents are now.
func (p *project) pins(ctx context.Context, outside []lineage.Outside, policy pin.Policy) (lock.Lock, []pin.Change, error) {
	registry, err := oci.NewClient(jobenv.Registries(p.getenv))
	if err != nil {
		return lock.Lock{}, nil, cli.UsageError{Err: err}
	}
	parents := make([]pin.Parent, len(outside))
	for i, o := range outside {
		text := o.Name
		if o.Project.Path != "" {
			host := p.getenv("CI_REGISTRY")
			if host == "" {
				return lock.Lock{}, nil, cli.UsageError{Err: fmt.Errorf("CI_REGISTRY is not set: it is the registry that has %s, such as registry.gitlab.com", o.Name)}
			}
			text = host + "/" + strings.ToLower(o.Project.Path) + "/" + o.Project.Image + ":" + o.Project.Tag.String()
		}
		reference, err := oci.ParseReference(text)
		if err != nil {
			return lock.Lock{}, nil, err
		}
		parents[i] = pin.Parent{Name: o.Name, Reference: reference}
	}
	return pin.Update(ctx, registry, p.result.Lock, parents, policy)
}

// writeLock writes the lock where it changed, and removes one that pins nothing.
func (p *project) writeLock(locked lock.Lock) error {
	content := locked.Print()
	if string(p.source(lock.File)) == string(content) {
		return nil
	}
	return p.tree.Apply([]worktree.Change{{Path: lock.File, Content: content, Remove: len(content) == 0}})
}

func (p *project) printChanges(changes []pin.Change) error {
	for _, c := range changes {
		line := ""
		switch {
		case c.Before == lock.Sighting{}:
			line = fmt.Sprintf("%s: pinned to %s", c.Name, shown(c.After))
		case c.After == lock.Sighting{}:
			line = c.Name + ": no longer pinned, since no image is made of it"
		case c.Before != c.After:
			line = fmt.Sprintf("%s: %s → %s", c.Name, shown(c.Before), shown(c.After))
		}
		if behind := (c.Newest != lock.Sighting{}); behind && line == "" {
			line = fmt.Sprintf("%s: stays at %s; the registry has %s", c.Name, shown(c.After), shown(c.Newest))
		}
		if line == "" {
			continue
		}
		if _, err := fmt.Fprintln(p.std.Out, terminal.Line(line)); err != nil {
			return err
		}
	}
	return nil
}

// shown is a digest and the day on which it was first seen, or the commit of a source.
func shown(s lock.Sighting) string {
	if s.FirstSeen == "" {
		return fmt.Sprintf("the commit %.12s", s.Digest)
	}
	return fmt.Sprintf("%.19s… (first seen %.10s)", s.Digest, s.FirstSeen)
}

// chosen are the names of the parents that are named, or that images which are named are built from.
func chosen(outside []lineage.Outside, named []string) ([]string, error) {
	var names []string
	for _, name := range named {
		before := len(names)
		var known []string
		for _, o := range outside {
			known = append(append(known, o.Name), o.Images...)
			if o.Name == name || slices.Contains(o.Images, name) {
				names = append(names, o.Name)
			}
		}
		if len(names) == before {
			return nil, cli.UsageError{Err: fmt.Errorf("no image %q is built from anything that can be pinned, and no parent is called that%s", name, diagnostic.DidYouMean(name, known))}
		}
	}
	return names, nil
}

// duration reads a number of hours, days or weeks; nothing is none.
func duration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	number, err := strconv.Atoi(text[:len(text)-1])
	if err != nil {
		return 0, fmt.Errorf("%q is no duration", text)
	}
	return time.Duration(number) * map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[text[len(text)-1]], nil
}
