package job

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// A job writes the files that it leaves for GitLab twice: empty when it begins, and whole at its end. Otherwise a file of an earlier
// pipeline, in a folder that the runner kept, would pass for the job's own; and of a job that ends early the runner would print
// "No files to upload" as an error, since GitLab asks for reports and for artifacts with `when: always` of failed jobs too.

// write writes a file that the job leaves.
func (e Env) write(name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(e.Dir, name), content, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// writeJSON writes a file that the job leaves.
func (e Env) writeJSON(name string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return e.write(name, append(content, '\n'))
}
