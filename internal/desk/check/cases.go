package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Cases are the tests of a policy: each folder in tests has a project, and the file want.txt with the findings of the policy about it.
type Cases struct {
	// Dir is the folder of the policy.
	Dir string
	// Date is the day of cases without a file date.txt; today if it is the zero Date.
	Date schema.Date
	// Update writes the files want.txt.
	Update  bool
	Environ []string
	Out     io.Writer
}

const (
	casesFolder = "tests"
	wantFile    = "want.txt"
	dateFile    = "date.txt"
	noFindings  = "no findings\n"
	// maxWant is the maximum size of a file that a case has for its test, in bytes.
	maxWant = 1 << 20
)

// Run judges all cases, and prints a line for each. The error is cli.ErrFindings if one of them fails.
func (c Cases) Run(ctx context.Context) error {
	folder := filepath.Join(c.Dir, casesFolder)
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	cases, failed := 0, 0
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		cases++
		isPassed, err := c.run(ctx, filepath.Join(folder, entry.Name()), entry.Name())
		if err != nil {
			return fmt.Errorf("case %s: %w", entry.Name(), err)
		}
		if !isPassed {
			failed++
		}
	}
	switch {
	case cases == 0:
		return cli.Usagef("%s has no cases: write a project to %s", c.Dir, filepath.Join(folder, "NAME", "stemma.yaml"))
	case failed > 0:
		hint := "; if the new findings are right, run the command with --update"
		if c.Update {
			hint = ""
		}
		fmt.Fprintf(c.Out, "%d of %d cases failed%s\n", failed, cases, hint)
		return cli.ErrFindings
	}
	return nil
}

// run judges one case.
func (c Cases) run(ctx context.Context, folder, name string) (isPassed bool, err error) {
	got, isJudged, err := c.findings(ctx, folder)
	if err != nil {
		return false, err
	}
	if !isJudged {
		fmt.Fprintf(c.Out, "FAILED  %s, whose definition cannot be read\n%s", name, got)
		return false, nil
	}
	file := filepath.Join(folder, wantFile)
	want, err := readSmall(ctx, file)
	if err != nil {
		return false, err
	}
	switch {
	case bytes.Equal(want, got):
		fmt.Fprintf(c.Out, "ok      %s\n", name)
		return true, nil
	case c.Update:
		fmt.Fprintf(c.Out, "updated %s\n", name)
		return true, os.WriteFile(file, got, 0o644)
	default:
		fmt.Fprintf(c.Out, "FAILED  %s\n%s", name, diff.Diff(filepath.Join(casesFolder, name, wantFile), want, "findings", got))
		return false, nil
	}
}

// findings returns the findings about a case as text, and whether it has a definition that the policy could judge.
func (c Cases) findings(ctx context.Context, folder string) (text []byte, isJudged bool, err error) {
	options := Options{Date: c.Date, Policies: []string{c.Dir}}
	date, err := readSmall(ctx, filepath.Join(folder, dateFile))
	if err != nil {
		return nil, false, err
	}
	if len(date) > 0 {
		if options.Date, err = schema.ParseDate(strings.TrimSpace(string(date))); err != nil {
			return nil, false, fmt.Errorf("%s: %w", dateFile, err)
		}
	}
	p, err := Open(ctx, folder, c.Environ, options)
	if err != nil {
		return nil, false, err
	}
	defer p.Close()
	if len(p.Found) == 0 {
		return []byte(noFindings), true, nil
	}
	var out bytes.Buffer
	err = report.Text(&out, p.Found.Sorted(), func(string) []byte { return nil }, false)
	return out.Bytes(), p.Definition != nil, err
}

// readSmall returns the content of a file of a case, or nothing if there is none.
func readSmall(ctx context.Context, file string) ([]byte, error) {
	content, err := worktree.ReadFile(ctx, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && len(content) > maxWant:
		return nil, fmt.Errorf("%s has more than %d KiB", file, maxWant>>10)
	}
	return content, err
}
