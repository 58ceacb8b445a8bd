package poke

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/record"
)

// recorded is the record of the last poke about the image.
func (p *poker) recorded(ctx context.Context) (record.Poked, error) {
	if !p.isOwn() {
		return record.Poked{}, nil
	}
	told, err := record.ReadPoked(ctx, p.Registry, p.image.reference.Repository(), p.line)
	if err = record.Ignore(p.Log, err); err != nil {
		return told, fmt.Errorf("%w; it is not known whether dependents were told: nobody is poked", err)
	}
	return told, nil
}

// remember records which dependents were poked. If that fails, the next pipeline pokes them again, in the same wave.
func (p *poker) remember(ctx context.Context) {
	if !p.isOwn() {
		return
	}
	if err := record.WritePoked(ctx, p.Registry, p.image.reference.Repository(), p.line, p.told); err != nil {
		p.Log.Printf("Warning: this poke is not recorded: %v. The next pipeline pokes again, in the same wave.", err)
	}
}

// isOwn reports whether the image is in the project's own registry, where the job may write.
func (p *poker) isOwn() bool {
	return strings.HasPrefix(p.image.reference.Repository().String(), strings.ToLower(p.Getenv("CI_REGISTRY_IMAGE"))+"/")
}

// names returns the names of dependents in a record.
func names(dependents []dependent) []string {
	out := make([]string, len(dependents))
	for i, d := range dependents {
		out[i] = d.String()
	}
	return out
}

// only returns the dependents with these names.
func only(dependents []dependent, named []string) []dependent {
	return slices.DeleteFunc(slices.Clone(dependents), func(d dependent) bool { return !slices.Contains(named, d.String()) })
}
