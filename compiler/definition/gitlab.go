package definition

import (
	"cmp"
	"fmt"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// GitLab is a version of GitLab. The zero GitLab is the newest.
type GitLab struct{ major, minor int }

// The versions of GitLab since which a keyword works without a feature flag. docs/gitlab.md has the source of each.
var (
	// OldestGitLab is the oldest version that a definition may name. Older ones do not support the inputs of the compiled file.
	OldestGitLab = GitLab{16, 5}
	// GitLabRetriesExitCodes has `retry: exit_codes`.
	GitLabRetriesExitCodes = GitLab{17, 5}
	// GitLabHasPipelineInputs can set the inputs of a pipeline when it starts.
	GitLabHasPipelineInputs = GitLab{18, 1}
	// GitLabMirrorsChildren has `strategy: mirror` for child pipelines.
	GitLabMirrorsChildren = GitLab{18, 2}
)

// Has reports whether it is at least as new as another.
func (g GitLab) Has(since GitLab) bool {
	return g == GitLab{} || cmp.Or(cmp.Compare(g.major, since.major), cmp.Compare(g.minor, since.minor)) >= 0
}

// String is "17.0", or empty for the newest.
func (g GitLab) String() string {
	if g == (GitLab{}) {
		return ""
	}
	return fmt.Sprintf("%d.%d", g.major, g.minor)
}

// checkGitLab reports settings that do not work on the oldest GitLab.
func (l *loader) checkGitLab(d *Definition) {
	if d.GitLab.Has(GitLabHasPipelineInputs) {
		return
	}
	for _, image := range d.Images {
		for _, dependent := range image.Dependents {
			if dependent.Via == schema.ViaInputs {
				l.found.Errorf(diagnostic.Limit, image.Span, "pipelines of GitLab %s have no inputs, which the poke of %s needs", d.GitLab, dependent.Project).
					WithHint("write `via: variables`, or `gitlab: %q`", GitLabHasPipelineInputs).WithKey(image.Name + ".dependents")
			}
		}
	}
}

func (g *GitLab) decode(l *loader, n *tree.Node) bool {
	var read GitLab
	if _, err := fmt.Sscanf(text(n).Value, "%d.%d", &read.major, &read.minor); err != nil {
		return false // reported by the check
	}
	if *g = read; !g.Has(OldestGitLab) {
		l.found.Errorf(diagnostic.BadValue, n.Span, "the compiled jobs do not work on GitLab %s", g).
			WithHint("they need at least GitLab %s", OldestGitLab).WithKey("gitlab")
	}
	return true
}
