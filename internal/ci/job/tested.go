package job

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// requirement lists the tests that an image must have passed before a job continues.
type requirement struct {
	// name is the image's name in the definition, for the error.
	name  string
	image oci.Reference
	// platform selects one part of an index; if empty, all parts must have passed.
	platform string
	// keys are those of schema.TestKeys.
	keys []string
	// inputs is the required hash of the image's inputs; it may be empty.
	inputs string
}

// requireTested fails unless a label or a record says that the image has passed the tests, at any commit. It sends no request if nothing is
// required.
func (e Env) requireTested(ctx context.Context, r requirement) error {
	if len(r.keys) == 0 && r.inputs == "" {
		return nil
	}
	parts, err := e.parts(ctx, r.image, r.platform)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if found := part.labels[schema.LabelInputs]; r.inputs != "" && found != r.inputs {
			return fmt.Errorf("the image %s is not made of the inputs that this job was compiled for: its label %s is %q; run %s", part.at, schema.LabelInputs, found, r.jobs())
		}
		for _, key := range r.keys {
			if err := e.requireKey(ctx, r, part, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e Env) requireKey(ctx context.Context, r requirement, part part, key string) error {
	if part.hasPassed(key) {
		return nil
	}
	record := testedAt(part.at, key)
	_, err := e.Registry.Resolve(ctx, record)
	if oci.IsNotFound(err) {
		return fmt.Errorf("%s has not passed its present tests: its label %s does not list %s, and there is no record %s; run %s, which tests it", part.at, schema.LabelTested, key, record.Tag(), r.jobs())
	}
	return err
}

// jobs names the jobs that test the image.
func (r requirement) jobs() string {
	return fmt.Sprintf("build:%s again, and verify:%[1]s if the pipeline has it", r.name)
}

// part is a single image, not an index, with its labels.
type part struct {
	at     oci.Reference
	labels map[string]string
}

// hasPassed reports whether the image passed tests before it was pushed.
func (p part) hasPassed(key string) bool {
	for passed := range strings.FieldsSeq(p.labels[schema.LabelTested]) {
		if passed == key {
			return true
		}
	}
	return false
}

// parts returns the images of an index, or the one for a platform, or else the image itself.
func (e Env) parts(ctx context.Context, image oci.Reference, platform string) ([]part, error) {
	found, err := e.Registry.Look(ctx, image, platform)
	if err != nil {
		return nil, err
	}
	repository := image.Repository()
	if found.Platforms == nil {
		return []part{{repository.At(found.Digest), found.Labels}}, nil
	}
	if digest, ok := found.Platforms[platform]; ok {
		return []part{{repository.At(digest), found.Labels}}, nil
	}
	if platform != "" {
		return nil, fmt.Errorf("%s has no image for %s", image, platform)
	}
	if len(found.Platforms) == 0 {
		return nil, fmt.Errorf("%s is an index without images", image)
	}
	parts := make([]part, 0, len(found.Platforms))
	for _, name := range slices.Sorted(maps.Keys(found.Platforms)) {
		one, err := e.Registry.Look(ctx, repository.At(found.Platforms[name]), "")
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{one.Reference, one.Labels})
	}
	return parts, nil
}

// testedAt is the tag of the record that an image, pinned by digest, passed tests after it was pushed.
func testedAt(image oci.Reference, key string) oci.Reference {
	return image.Repository().Tag(schema.PrefixTested + key + "-" + digestDigits(image.Digest()))
}
