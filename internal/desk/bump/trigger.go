package bump

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Names of variables and inputs, as GitLab accepts them: https://docs.gitlab.com/ci/variables/ and https://docs.gitlab.com/ci/inputs/.
var (
	variableName = pattern.Lazy(`^[A-Za-z0-9_]+$`)
	inputName    = pattern.Lazy(`^[A-Za-z0-9_-]+$`)
)

// request returns the pipeline that the options describe, without its ref. No error contains a value: it may be a secret.
func (o Options) request(getenv func(string) string) (gitlab.PipelineRequest, error) {
	var r gitlab.PipelineRequest
	var err error
	if !o.Trigger && !o.Here && (len(o.Variables) > 0 || len(o.Inputs) > 0 || o.Running != "") {
		return r, cli.Usagef("--variable, --input and --running are about a pipeline to start: add --trigger, or --here")
	}
	if o.WaitLimit <= 0 {
		return r, cli.Usagef("--wait-limit is %s; it is longer than nothing, such as 90m", o.WaitLimit)
	}
	if r.Variables, err = assignments("--variable", o.Variables, variableName().MatchString, getenv); err != nil {
		return r, err
	}
	r.Inputs, err = assignments("--input", o.Inputs, inputName().MatchString, getenv)
	return r, err
}

// assignments reads NAME=VALUE, or NAME for the value that the environment has.
func assignments(flag string, written []string, isName func(string) bool, getenv func(string) string) (map[string]string, error) {
	values := map[string]string{}
	for _, text := range written {
		name, value, hasValue := strings.Cut(text, "=")
		_, isRepeated := values[name]
		switch {
		case !isName(name):
			return nil, cli.Usagef("%s needs NAME=VALUE, and a name has only letters, digits and _", flag)
		case isRepeated:
			return nil, cli.Usagef("%s %s is given twice", flag, name)
		case !hasValue:
			if value = getenv(name); value == "" {
				return nil, cli.Usagef("%s %s has no value, and the environment has no variable %s: write %[2]s=VALUE", flag, name, name)
			}
		}
		values[name] = value
	}
	return values, nil
}

// here starts a pipeline of the present branch.
func (b *bumping) here(ctx context.Context, repository git.Repository) error {
	branch, err := repository.Branch(ctx)
	if err != nil {
		return errors.New("no branch is checked out: --here starts a pipeline of the present branch")
	}
	api, err := b.gitlab(ctx, repository)
	if err != nil {
		return err
	}
	if err := repository.CheckPushed(ctx, b.Remote, branch); err != nil {
		return err
	}
	if err := b.makeRoom(ctx, api, branch); err != nil {
		return err
	}
	return b.trigger(ctx, api, branch)
}

// trigger starts a pipeline of a branch and, if asked to, waits for it.
func (b *bumping) trigger(ctx context.Context, api remoteProject, branch string) error {
	request := b.start
	request.Ref = branch
	started, err := api.client.CreatePipeline(ctx, api.project, request)
	if gitlab.IsLost(err) {
		return fmt.Errorf("a pipeline may have been started all the same: look at the pipelines of %s before you try again: %w", branch, b.masked(err))
	}
	if err != nil {
		return fmt.Errorf("no pipeline was started: %w", b.masked(err))
	}
	if !b.Wait {
		_, err = fmt.Fprintln(b.std.Out, terminal.Line(started.URL))
		return err
	}
	return b.wait(ctx, api, gitlab.Wait{ID: started.ID})
}

// masked takes the values of variables and inputs out of what GitLab says: it quotes the input that it rejects.
func (b *bumping) masked(err error) error {
	var answer *gitlab.Error
	if !errors.As(err, &answer) {
		return err
	}
	var values []string
	for _, given := range []map[string]string{b.start.Variables, b.start.Inputs} {
		for _, value := range given {
			values = append(values, value, terminal.Line(value))
		}
	}
	slices.SortFunc(values, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // a value may contain another
	for _, value := range values {
		if value != "" {
			answer.Message = strings.ReplaceAll(answer.Message, value, "[MASKED]")
		}
	}
	return err
}
