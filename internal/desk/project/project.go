// Package project opens the folder of a project and compiles its definition, prints the findings, and writes the output.
package project

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Project is an open project folder and the result of compiling it.
type Project struct {
	compiler.Result
	// Found has the findings. Commands add theirs.
	Found diagnostic.List
	// Date is the day on which policies were judged.
	Date schema.Date
	// Dir is the folder, and Tree has the files in it that git tracks.
	Dir  string
	Tree *worktree.Tree
	// Environ has the variables of the command, as NAME=value, and Getenv looks one up.
	Environ []string
	Getenv  func(string) string

	committed drift.Committed
	state     drift.State
	// readme is the change of the README that Compare found, or nil.
	readme []worktree.Change
	// recompile compiles the project again, and reads what is committed.
	recompile func() error
}

// Open compiles the project in a folder, without its policies: the commands that mend a project must run when it breaks a rule. The caller closes
// the project. The command's context also ends reads of files.
func Open(ctx context.Context, dir string, environ []string) (*Project, error) {
	return OpenWith(ctx, dir, environ, compiler.Options{NoPolicies: true})
}

// OpenWith is Open with options. It sets the evaluator, and today's date if they have none.
func OpenWith(ctx context.Context, dir string, environ []string, options compiler.Options) (*Project, error) {
	return open(ctx, dir, environ, options, func(*Project) error { return nil })
}

// OpenToWrite is Open with the policies of the definition, and prevents other commands from writing to the project until it is closed. Otherwise, of two commands that
// compile at the same time, the one that read an older definition could write last.
func OpenToWrite(ctx context.Context, dir string, environ []string) (*Project, error) {
	return open(ctx, dir, environ, compiler.Options{}, func(p *Project) error { return p.Tree.Lock(ctx) })
}

func open(ctx context.Context, dir string, environ []string, options compiler.Options, lock func(*Project) error) (*Project, error) {
	p := &Project{Dir: dir, Environ: environ, Getenv: cli.Lookup(environ)}
	var err error
	if p.Tree, err = OpenTree(dir, p.Getenv); err != nil {
		return nil, err
	}
	p.Tree.EndWith(ctx)
	p.recompile = func() error {
		err := p.compile(ctx, options)
		if err == nil {
			p.committed, err = readCommitted(p.Tree, p.output())
		}
		return err
	}
	if err = lock(p); err == nil {
		err = p.recompile()
	}
	if err != nil {
		return nil, errors.Join(err, p.Tree.Close())
	}
	return p, nil
}

// OpenTree opens the files of a project without compiling them.
func OpenTree(dir string, getenv func(string) string) (*worktree.Tree, error) {
	tree, err := worktree.Open(dir, getenv("GIT_INDEX_FILE"))
	if err != nil {
		return nil, cli.UsageError{Err: err}
	}
	return tree, nil
}

// OpenTop opens the files of the repository, and returns the project's folder in it. If that is ".", the files are those of the project, which the
// caller does not close.
func (p *Project) OpenTop() (top *worktree.Tree, folder string, err error) {
	folder, err = p.Tree.Folder()
	if err != nil || folder == "." {
		return p.Tree, folder, err
	}
	up := strings.Repeat("../", strings.Count(folder, "/")+1)
	top, err = OpenTree(filepath.Join(p.Dir, filepath.FromSlash(up)), p.Getenv)
	return top, folder, err
}

// Close closes the files of the project.
func (p *Project) Close() { _ = p.Tree.Close() }

func (p *Project) compile(ctx context.Context, options compiler.Options) error {
	if options.Date.IsZero() {
		options.Date = schema.DateOf(p.Now())
	}
	p.Date = options.Date
	var err error
	p.Result, p.Found, err = compileFiles(p.Tree, options, &client.Evaluator{Context: ctx, Dir: p.Dir, Environ: []string{"GIT_INDEX_FILE=" + p.Getenv("GIT_INDEX_FILE")}})
	return err
}

// compileFiles compiles files, and closes the evaluator.
func compileFiles(files fs.FS, options compiler.Options, evaluator *client.Evaluator) (compiler.Result, diagnostic.List, error) {
	options.Evaluator = evaluator
	result, found, err := compiler.Compile(files, options)
	_ = evaluator.Close() // its errors were reported by Compile
	return result, found, errors.Join(err, evaluator.Context.Err())
}

// Now returns the time, or the value of SOURCE_DATE_EPOCH, https://reproducible-builds.org/specs/source-date-epoch/.
func (p *Project) Now() time.Time {
	if seconds, err := strconv.ParseInt(p.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0)
	}
	return time.Now()
}

// Repository returns the git repository that the project's folder is in.
func (p *Project) Repository() git.Repository { return git.Repository{Dir: p.Dir, Environ: p.Environ} }

// largestSource is the size of the largest file, in bytes, from which findings show lines.
const largestSource = 32 << 20

// Source returns the content of a file, or nil if it cannot be read. The pipeline's files can be above the project's folder.
func (p *Project) Source(file string) []byte {
	content, err := fs.ReadFile(p.Tree, file)
	if strings.HasPrefix(file, "../") {
		content, err = os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(file)))
	}
	if err != nil || len(content) > largestSource {
		return nil
	}
	return content
}

// Print prints the findings in a format of report.Findings. The error is cli.ErrFindings if one of them is an error.
func (p *Project) Print(std cli.Streams, format string) error {
	findings := report.Findings{
		List: p.Found.Sorted(), Out: std.Out, Err: std.Err, Source: p.Source, IsColoured: cli.Look(std.Err, p.Getenv).IsColoured, Folder: p.Tree.Folder,
	}
	if err := findings.Print(format); err != nil {
		return err
	}
	if findings.List.HasErrors() {
		return cli.ErrFindings
	}
	return nil
}
