package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/desk/inspect"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newPlanCommand(std console) *cobra.Command {
	var event inspect.Event
	var changed []string
	cmd := projectCommand{
		use:   "plan",
		short: "Show which jobs a pipeline has, and which rules decide",
		long: `Show which jobs the pipeline of an event has, which it leaves out, and which rule decides about each.

The rules are evaluated as GitLab does. Variables in the settings of the project, its groups and the instance are unknown; give them
with --variable.`,
		formats: []string{"text", "json"},
		run: func(_ context.Context, p *project.Project, format string, _ []string) error {
			event.Changed = changed
			plan, err := event.Plan(p)
			if err != nil {
				return err
			}
			return show(std.Out, format, plan, plan.Text)
		},
	}.command(std)
	flags := cmd.Flags()
	flags.StringVar(&event.Name, "event", "push", "what starts the pipeline: "+strings.Join(inspect.Events, ", "))
	flags.StringVar(&event.Branch, "branch", "", "its branch, or the source branch of the merge request; default: the default branch, or topic")
	flags.StringVar(&event.Tag, "tag", "", "the git tag of the event tag; default: 1.0.0")
	flags.StringVar(&event.DefaultBranch, "default-branch", "main", "the project's default branch")
	flags.StringVar(&event.Protected, "protected", "", "whether the branch or tag is protected, `true|false`; default: true for the default branch and tags")
	flags.BoolVar(&event.IsFork, "fork", false, "the pipeline of a fork")
	flags.StringArrayVar(&changed, "changed", nil, "a changed file, or a pattern of changed `files` such as images/base/**; may be repeated")
	flags.StringArrayVar(&event.Variables, "variable", nil, "a variable of the pipeline or of the project's settings, `NAME=VALUE`; may be repeated")
	flags.StringArrayVar(&event.Inputs, "input", nil, "an input of the pipeline, `NAME=VALUE`; may be repeated")
	return cmd
}
