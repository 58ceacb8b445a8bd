// Package check looks for mistakes around a definition: in the committed files, the project's pipeline, and the pins.
package check

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

// Unseen says what a check did not look at.
type Unseen struct {
	// Includes are those of .gitlab-ci.yml that could not be read.
	Includes []string
	// Lint says why GitLab was not asked although the check was to be online; it is empty otherwise.
	Lint string
}

// Run adds what it finds to the project's findings. Only with isOnline it asks GitLab about .gitlab-ci.yml, and the registries about the pins.
func Run(ctx context.Context, p *project.Project, isOnline bool) (Unseen, error) {
	var unseen Unseen
	p.Compare(true)
	if p.Files != nil {
		if err := p.ReportUntracked(ctx); err != nil {
			return unseen, err
		}
		var err error
		if unseen.Includes, err = checkPipeline(ctx, p); err != nil {
			return unseen, err
		}
		projectci.CheckPath(p.Definition, p.Getenv, &p.Found)
	}
	if !isOnline || p.Found.HasErrors() {
		return unseen, nil
	}
	var err error
	if unseen.Lint, err = lint(ctx, p); err != nil {
		return unseen, err
	}
	return unseen, reportOutdated(ctx, p)
}

// checkPipeline checks the pipeline at the top of the repository, and returns the includes that it could not read.
func checkPipeline(ctx context.Context, p *project.Project) (unread []string, err error) {
	top, folder, err := p.OpenTop()
	if err != nil {
		return nil, err
	}
	if folder != "." {
		defer top.Close()
	}
	tags := func() []string {
		out, _ := p.Repository().Run(ctx, "tag", "--list") // without git there are no tags
		return strings.Fields(out)
	}
	before := len(p.Found)
	includes, err := projectci.Check(projectci.Project{Tree: top, Folder: folder, Definition: p.Definition, Compiled: p.Pipeline, Tags: tags}, &p.Found)
	for _, include := range includes {
		unread = append(unread, include.String())
	}
	for i := range p.Found[before:] {
		at := &p.Found[before+i].Span.File
		if relative, err := filepath.Rel(filepath.FromSlash(folder), filepath.FromSlash(*at)); err == nil {
			*at = filepath.ToSlash(relative)
		}
	}
	return unread, err
}

// reportOutdated warns of parents that have another digest in their registry than in the lock, and of sources with newer commits.
func reportOutdated(ctx context.Context, p *project.Project) error {
	nothing, all := func(string) bool { return false }, func(string) bool { return true }
	_, changes, err := pin.Query(ctx, p, pin.Policy{Moves: nothing, Now: nothing, Time: p.Now()}, all)
	if err != nil {
		return err
	}
	for _, change := range changes {
		var found *diagnostic.Diagnostic
		if entry, isParent := p.Lock.Entry(change.Name); isParent && change.Newest != (lock.Sighting{}) {
			found = p.Found.Warnf(diagnostic.Lock, entry.Span, "%s is pinned to %s, and the registry has %s", change.Name, pin.Shown(change.After), pin.Shown(change.Newest))
		}
		i := slices.IndexFunc(p.Lock.Sources, func(s lock.Source) bool { return s.Name == change.Name })
		if i >= 0 && change.After.Digest != "" && change.Before != change.After {
			found = p.Found.Warnf(diagnostic.Lock, p.Lock.Sources[i].Span, "%s is pinned to %s, and is at %s now", change.Name, pin.Shown(change.Before), pin.Shown(change.After))
		}
		if found != nil {
			found.WithHint("`stemma lock --update` moves it").WithKey(change.Name)
		}
	}
	return nil
}
