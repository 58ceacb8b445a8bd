// Package output is where a job writes: its log, and the files that it leaves for GitLab.
package output

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Log is the log of a job.
type Log struct {
	io.Writer
	// Phases is told about the phases of the job; it may be nil.
	Phases Phases
}

// Phases is told which part of its work a job does.
type Phases interface {
	// Begin begins a phase, such as "pull", and ends the one before. The title is for people.
	Begin(name, title string)
	// End ends the phase, if there is one. The failure is the reason why the phase ended early, or nil.
	End(failure error)
}

// Begin begins a phase, and ends the one before.
func (l Log) Begin(name, title string) {
	if l.Phases != nil {
		l.Phases.Begin(name, title)
	}
}

// End ends the phase, if there is one. The failure is the reason why the phase ended early, or nil.
func (l Log) End(failure error) {
	if l.Phases != nil {
		l.Phases.End(failure)
	}
}

// LastLines is how many of the last lines of a program's output are shown again where the program failed.
const LastLines = 10

// Quote writes the last lines of a program's output.
func (l Log) Quote(text string) {
	for _, line := range terminal.LastLines(text, LastLines) {
		l.Printf("    %s", line)
	}
}

// Printf writes a line. Its text may come from labels, registries and GitLab, so it is made safe for terminals.
func (l Log) Printf(format string, args ...any) {
	fmt.Fprintln(l, terminal.Text(fmt.Sprintf(format, args...)))
}

// Folder is the path of the folder in which a job leaves files. A job writes each file twice: empty when it begins, and complete at its end.
// Otherwise GitLab would take a file of an earlier pipeline, in a folder that the runner kept, for the job's own; and where a job ends early
// the runner would print "No files to upload" as an error, since GitLab asks for reports and for artifacts with `when: always` of failed
// jobs too.
type Folder string

// Write writes a file.
func (f Folder) Write(name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(string(f), name), content, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// WriteJSON writes a file with a value as indented JSON.
func (f Folder) WriteJSON(name string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.Write(name, append(content, '\n'))
}
