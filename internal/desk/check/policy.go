package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/policy"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Options say how policies judge a project.
type Options struct {
	// Date is the day to judge on; today if it is the zero Date.
	Date schema.Date
	// Policies are judged besides those of the definition: folders anywhere, or modules of the project.
	Policies []string
	// NoPolicies skips all policies.
	NoPolicies bool
	// NoExceptions judges as if the definition had no exceptions.
	NoExceptions bool
}

// Open compiles the project in a folder and judges it by policies. The caller closes it.
func Open(ctx context.Context, dir string, environ []string, options Options) (*project.Project, error) {
	given := compiler.Options{Date: options.Date, NoPolicies: options.NoPolicies, NoExceptions: options.NoExceptions}
	for _, name := range options.Policies {
		source, err := sourceOf(dir, name)
		if err != nil {
			return nil, cli.Usagef("--policy: %w", err)
		}
		if tree, ok := source.Files.(*worktree.Tree); ok {
			defer tree.Close()
		}
		given.Policies = append(given.Policies, source)
	}
	return project.OpenWith(ctx, dir, environ, given)
}

// sourceOf finds a policy that a command line names: a module of the project, a folder in the project, or a folder elsewhere.
func sourceOf(dir, name string) (policy.Source, error) {
	if name == "" {
		return policy.Source{}, errors.New("it is empty; name a folder, or a module such as corp.example/policy@v1")
	}
	source := policy.Source{Located: definition.Located[string]{Value: name, Span: diagnostic.Span{File: name}}}
	if definition.IsModule(name) {
		return source, nil
	}
	folder, err := filepath.Abs(name)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return source, err
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return source, fmt.Errorf("there is no folder %s", diagnostic.Quote(name))
	}
	root := dir
	if inside, err := filepath.Rel(dir, folder); err != nil || !filepath.IsLocal(inside) {
		root = moduleRoot(folder)
		if source.Files, err = worktree.Open(root, ""); err != nil {
			return source, err
		}
	}
	inside, err := filepath.Rel(root, folder)
	source.Value = filepath.ToSlash(inside)
	return source, err
}

// moduleRoot returns the folder of the CUE module that a folder is in, or the folder itself.
func moduleRoot(folder string) string {
	for root := folder; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "cue.mod", "module.cue")); err == nil {
			return root
		}
		if _, err := os.Stat(filepath.Join(root, ".git")); err == nil || root == filepath.Dir(root) {
			return folder
		}
	}
}
