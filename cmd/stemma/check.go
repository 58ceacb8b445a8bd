package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

func newCheckCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	var online, offline bool
	cmd := projectCommand{
		use:     "check",
		short:   "Check the definition, and that the committed output is up to date",
		formats: []string{"text", "json", "codequality"},
		run: func(p *project, format string, _ []string) error {
			if online && offline {
				return cli.UsageError{Err: errors.New("--online and --offline exclude each other")}
			}
			p.compare(true)
			if p.result.Files != nil {
				if err := p.reportUntracked(); err != nil {
					return err
				}
				if err := projectci.Check(p.tree, p.result.Definition, p.result.Pipeline, &p.found); err != nil {
					return err
				}
				projectci.CheckPath(p.result.Definition, getenv, &p.found)
			}
			if online && !p.found.HasErrors() {
				if err := p.reportBehind(); err != nil {
					return err
				}
			}
			return p.print(format)
		},
	}.command(std, getenv)
	cmd.Flags().BoolVar(&online, "online", false, "query the registries too, and warn of outdated pins")
	cmd.Flags().BoolVar(&offline, "offline", false, "send no requests; this is the default")
	return cmd
}

// reportBehind warns of parents that the registries have under another digest than the lock, and of sources with newer commits.
func (p *project) reportBehind() error {
	nothing := func(string) bool { return false }
	_, changes, err := p.pins(p.ctx, p.result.Graph.Outside(), pin.Policy{Moves: nothing, Now: nothing, Time: p.now()})
	if err != nil {
		return err
	}
	for _, change := range changes {
		entry, known := p.result.Lock.Entry(change.Name)
		if known && change.Newest != (lock.Sighting{}) {
			p.found.Warnf(diagnostic.Lock, entry.Span, "%s is pinned to %s, and the registry has %s", change.Name, shown(change.After), shown(change.Newest)).
				WithHint("`stemma lock --update` moves it").WithKey(change.Name)
		}
	}
	_, moved, err := p.sources(p.ctx, func(string) bool { return true })
	if err != nil {
		return err
	}
	for _, change := range moved {
		i := slices.IndexFunc(p.result.Lock.Sources, func(s lock.Source) bool { return s.Name == change.Name })
		if i >= 0 && change.After.Digest != "" && change.Before != change.After {
			p.found.Warnf(diagnostic.Lock, p.result.Lock.Sources[i].Span, "%s is pinned to %s, and is at %s now", change.Name, shown(change.Before), shown(change.After)).
				WithHint("`stemma lock --update` moves it").WithKey(change.Name)
		}
	}
	return nil
}
