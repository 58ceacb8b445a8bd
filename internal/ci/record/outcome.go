package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Outcome is what a release job leaves for the poke job of its pipeline, the content of schema.ReleaseFile.
type Outcome struct {
	// Pipeline is the id of the pipeline on GitLab.
	Pipeline string `json:"pipeline"`
	// Moves are the tags that this job moved.
	Moves []Move `json:"tags"`
	// Repository is the image's own.
	Repository string `json:"repository,omitempty"`
	// Stays says why this job moved no tag; it is empty if nothing prevented that.
	Stays string `json:"stays,omitempty"`
	// Release is the release as the registry has it recorded, with tags that an earlier job may have moved. It is nil where a newer
	// release is there, and where nothing was released.
	Release *Releases `json:"release,omitempty"`
}

// Move is a tag that a release moved.
type Move struct {
	Reference string `json:"reference"`
	// Before is empty for a new tag.
	Before string `json:"before,omitempty"`
	After  string `json:"after"`
}

// ReadOutcome reads the outcome in a folder. The error is fs.ErrNotExist where there is none. JSON of another form, as older
// versions wrote it, is the zero Outcome.
func ReadOutcome(folder string) (Outcome, error) {
	content, err := os.ReadFile(filepath.Join(folder, schema.ReleaseFile))
	var outcome Outcome
	if err == nil {
		err = json.Unmarshal(content, &outcome)
	}
	var otherForm *json.UnmarshalTypeError
	if errors.As(err, &otherForm) {
		return Outcome{}, nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("read what the release job wrote to %s: %w", schema.ReleaseFile, err)
	}
	return outcome, nil
}
