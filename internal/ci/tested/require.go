// Package tested knows which tests an image must pass, and which it has passed.
package tested

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Registry has the images and the records of their tests.
type Registry interface {
	Look(ctx context.Context, at oci.Reference, platform string) (oci.Found, error)
	Resolve(ctx context.Context, at oci.Reference) (oci.Digest, error)
	Note(ctx context.Context, at oci.Reference, labels map[string]string) error
}

// Requirement lists the tests that an image must have passed before a job continues.
type Requirement struct {
	// Name is the image's name in the definition, for the error.
	Name  string
	Image oci.Reference
	// Platform selects one part of an index; if empty, all parts must have passed.
	Platform string
	// Keys are those of schema.TestKeys.
	Keys []string
	// Inputs is the required hash of the image's inputs; it may be empty.
	Inputs string
}

// Require fails unless a label or a record says that the image has passed the tests, at any commit. It sends no request if nothing is
// required.
func Require(ctx context.Context, registry Registry, r Requirement) error {
	if len(r.Keys) == 0 && r.Inputs == "" {
		return nil
	}
	parts, err := images(ctx, registry, r.Image, r.Platform)
	if err != nil {
		return err
	}
	for _, image := range parts {
		if found := image.Labels[schema.LabelInputs]; r.Inputs != "" && found != r.Inputs {
			return fmt.Errorf("the image %s is not made of the inputs that this job was compiled for: its label %s is %q; run %s", image.At, schema.LabelInputs, found, r.jobs())
		}
		for _, key := range r.Keys {
			if err := requireKey(ctx, registry, r, image, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func requireKey(ctx context.Context, registry Registry, r Requirement, image Image, key string) error {
	if image.HasPassed(key) {
		return nil
	}
	record := recordAt(image.At, key)
	_, err := registry.Resolve(ctx, record)
	if oci.IsNotFound(err) {
		return fmt.Errorf("%s has not passed its present tests: its label %s does not list %s, and there is no record %s; run %s, which tests it", image.At, schema.LabelTested, key, record.Tag(), r.jobs())
	}
	return err
}

// jobs names the jobs that test the image.
func (r Requirement) jobs() string {
	return fmt.Sprintf("build:%s again, and verify:%[1]s if the pipeline has it", r.Name)
}

// Image is a single image, not an index, with its labels.
type Image struct {
	At     oci.Reference
	Labels map[string]string
}

// HasPassed reports whether the image passed tests before it was pushed.
func (i Image) HasPassed(key string) bool {
	return slices.Contains(strings.Fields(i.Labels[schema.LabelTested]), key)
}

// images looks up an image, and returns its parts.
func images(ctx context.Context, registry Registry, at oci.Reference, platform string) ([]Image, error) {
	found, err := registry.Look(ctx, at, platform)
	if err != nil {
		return nil, err
	}
	return Parts(ctx, registry, found, platform)
}

// Parts returns the images of an index that was looked up: the one for the platform, or all if that is empty. A single image is its only part,
// for which no request is sent.
func Parts(ctx context.Context, registry Registry, found oci.Found, platform string) ([]Image, error) {
	repository := found.Reference.Repository()
	if found.Platforms == nil {
		return []Image{{repository.At(found.Digest), found.Labels}}, nil
	}
	if digest, ok := found.Platforms[platform]; ok {
		return []Image{{repository.At(digest), found.Labels}}, nil
	}
	if platform != "" {
		return nil, fmt.Errorf("%s has no image for %s", found.Reference, platform)
	}
	if len(found.Platforms) == 0 {
		return nil, fmt.Errorf("%s is an index without images", found.Reference)
	}
	parts := make([]Image, 0, len(found.Platforms))
	for _, name := range slices.Sorted(maps.Keys(found.Platforms)) {
		one, err := registry.Look(ctx, repository.At(found.Platforms[name]), "")
		if err != nil {
			return nil, err
		}
		parts = append(parts, Image{one.Reference, one.Labels})
	}
	return parts, nil
}

// recordAt is the tag of the record that an image, pinned by digest, passed tests after it was pushed.
func recordAt(image oci.Reference, key string) oci.Reference {
	return image.Repository().Tag(schema.TagOf(schema.PrefixTested + key + "-" + DigestDigits(image.Digest())))
}

// DigestDigits is the beginning of a digest that is in the tag of a record of tests.
func DigestDigits(digest oci.Digest) string {
	return digest.Hex()[:min(len(digest.Hex()), 32)]
}
