package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/internal/report"
)

// project is a project folder and what it compiles to.
type project struct {
	// ctx ends when the command is interrupted.
	ctx context.Context
	// dir is the folder.
	dir       string
	std       cli.Streams
	getenv    func(string) string
	tree      *worktree.Tree
	result    compiler.Result
	found     diagnostic.List
	committed drift.Committed
}

// opener is openProjectIn or openProjectToWrite.
type opener func(ctx context.Context, dir string, std cli.Streams, getenv func(string) string) (*project, error)

// openProject opens the project in the folder that -C names.
func openProject(cmd *cobra.Command, std cli.Streams, getenv func(string) string, open opener) (*project, error) {
	dir, err := cmd.Flags().GetString("directory")
	if err != nil {
		return nil, err
	}
	return open(cmd.Context(), dir, std, getenv)
}

// openProjectIn compiles the project in a folder.
func openProjectIn(ctx context.Context, dir string, std cli.Streams, getenv func(string) string) (*project, error) {
	p, err := locateProject(ctx, dir, std, getenv)
	if err != nil {
		return nil, err
	}
	return p.compiled(nil)
}

// openProjectToWrite compiles the project in a folder, and keeps other commands from writing to it until it is closed: of two that compile
// at once, the one that read an older definition must not write last.
func openProjectToWrite(ctx context.Context, dir string, std cli.Streams, getenv func(string) string) (*project, error) {
	p, err := locateProject(ctx, dir, std, getenv)
	if err != nil {
		return nil, err
	}
	return p.compiled(p.tree.Lock(ctx))
}

func locateProject(ctx context.Context, dir string, std cli.Streams, getenv func(string) string) (*project, error) {
	tree, err := worktree.Open(dir, getenv("GIT_INDEX_FILE"))
	if err != nil {
		return nil, cli.UsageError{Err: err}
	}
	tree.EndWith(ctx)
	return &project{ctx: ctx, dir: dir, std: std, getenv: getenv, tree: tree}, nil
}

// compiled returns the compiled project, unless it could not be prepared.
func (p *project) compiled(err error) (*project, error) {
	if err == nil {
		err = p.compile()
	}
	if err == nil {
		err = p.readCommitted()
	}
	if err != nil {
		return nil, errors.Join(err, p.tree.Close())
	}
	return p, nil
}

func (p *project) compile() error {
	evaluator, err := evaluatorIn(p.ctx, p.dir, p.getenv)
	if err != nil {
		return err
	}
	p.result, p.found, err = compiler.CompileWith(p.tree, evaluator)
	_ = evaluator.Close() // all that it had to say is said
	return errors.Join(err, p.ctx.Err())
}

// now is the time, which SOURCE_DATE_EPOCH may set as for other tools, https://reproducible-builds.org/specs/source-date-epoch/.
func (p *project) now() time.Time {
	if seconds, err := strconv.ParseInt(p.getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0)
	}
	return time.Now()
}

func (p *project) close() { _ = p.tree.Close() }

// readCommitted reads the files that are compiled, or may have been once.
func (p *project) readCommitted() error {
	p.committed = drift.Committed{}
	names := []string{definition.OutputFile}
	for _, file := range p.result.Files {
		names = append(names, file.Path)
	}
	for _, pattern := range []string{definition.OutputFolder + "/*.gitlab-ci.yml", "templates/*.yml"} {
		found, err := doublestar.Glob(p.tree, pattern, doublestar.WithFilesOnly())
		if err != nil {
			return fmt.Errorf("find compiled files: %w", err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		content, err := fs.ReadFile(p.tree, name)
		switch {
		case err == nil:
			p.committed[name] = content
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("read a compiled file: %w", err)
		}
	}
	return nil
}

// source is the content of a file, for findings.
func (p *project) source(file string) []byte {
	content, err := fs.ReadFile(p.tree, file)
	if err != nil || len(content) > 32<<20 {
		return nil
	}
	return content
}

// print prints the findings; the error is cli.ErrFindings where one of them is an error.
func (p *project) print(format string) error {
	found := p.found.Sorted()
	var err error
	switch format {
	case "text":
		err = report.Text(p.std.Err, found, p.source, cli.IsColoured(p.std, p.getenv))
	case "json":
		err = report.JSON(p.std.Out, found)
	case "codequality":
		var folder string
		if folder, err = p.tree.Folder(); err == nil {
			err = report.CodeQuality(p.std.Out, found, folder)
		}
	}
	if err == nil && found.HasErrors() {
		return cli.ErrFindings
	}
	return err
}
