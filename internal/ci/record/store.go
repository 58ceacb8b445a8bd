package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Registry is where records are kept.
type Registry interface {
	Look(ctx context.Context, at oci.Reference, platform string) (oci.Found, error)
	Note(ctx context.Context, at oci.Reference, labels map[string]string) error
}

// UnreadableError says that the image at the tag of a record is no record.
type UnreadableError struct {
	At  oci.Reference
	Err error
}

// Error says what is wrong with it.
func (e UnreadableError) Error() string {
	return fmt.Sprintf("%s is not a record that can be read: %v", e.At, e.Err)
}

// Unwrap returns what is wrong with it.
func (e UnreadableError) Unwrap() error { return e.Err }

// Read returns the record of a line; the zero Releases where there is none. The error is an UnreadableError where something else is in
// its place, and the registry's own where it could not be asked.
func Read(ctx context.Context, registry Registry, repository oci.Repository, line Line) (r Releases, err error) {
	err = read(ctx, registry, line.Releases(repository), schema.LabelRelease, &r)
	return r, err
}

// Write writes the record of a line.
func Write(ctx context.Context, registry Registry, repository oci.Repository, line Line, r Releases) error {
	return write(ctx, registry, line.Releases(repository), schema.LabelRelease, r)
}

// ReadPoked is Read for the record of the pokes.
func ReadPoked(ctx context.Context, registry Registry, repository oci.Repository, line Line) (p Poked, err error) {
	err = read(ctx, registry, line.Poked(repository), schema.LabelPoked, &p)
	return p, err
}

// WritePoked is Write for the record of the pokes.
func WritePoked(ctx context.Context, registry Registry, repository oci.Repository, line Line, p Poked) error {
	return write(ctx, registry, line.Poked(repository), schema.LabelPoked, p)
}

func read(ctx context.Context, registry Registry, at oci.Reference, label string, into any) error {
	found, err := registry.Look(ctx, at, "")
	switch {
	case oci.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	if err := json.Unmarshal([]byte(found.Labels[label]), into); err != nil {
		return UnreadableError{at, err}
	}
	return nil
}

func write(ctx context.Context, registry Registry, at oci.Reference, label string, record any) error {
	encoded, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("write the record at %s: %w", at, err)
	}
	return registry.Note(ctx, at, map[string]string{label: string(encoded)})
}

// Ignore logs the error of a record that cannot be read, and returns any other error. Such a record counts as none and is replaced: whoever
// wrote it could as well have deleted the record.
func Ignore(log output.Log, err error) error {
	var unreadable UnreadableError
	if !errors.As(err, &unreadable) {
		return err
	}
	log.Printf("Warning: %v. It is ignored, and replaced.", err)
	return nil
}
