package build

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// contextNames are the names that a Containerfile may use for a parent, besides its aliases. The Containerfile names a parent that the lock
// pins without the digest.
func (p parent) contextNames() []string {
	if p.Name != "" {
		return []string{p.Name}
	}
	names := []string{p.Written}
	if tagged, _, pinned := strings.Cut(p.Written, "@"); pinned {
		names = append(names, tagged)
	}
	return names
}

// contexts maps the names that a Containerfile may use to its parents. An alias takes precedence over the name of an image.
func (j buildJob) contexts() map[string]string {
	contexts := map[string]string{}
	for _, p := range j.Parents {
		for _, name := range p.contextNames() {
			contexts[name] = p.pinned().String()
		}
	}
	for _, p := range j.Parents {
		for _, alias := range p.Aliases {
			contexts[alias] = p.pinned().String()
		}
	}
	return contexts
}

// resolveParents finds out which digest each parent has: that of its job in this pipeline, else the registry's.
func (b *builder) resolveParents(ctx context.Context) error {
	for i := range b.job.Parents {
		p := &b.job.Parents[i]
		if !p.Digest.IsZero() {
			continue
		}
		if digest, ok := b.builtHere(*p); ok {
			p.Digest, p.Place = digest, p.Reference.Repository()
			continue
		}
		digest, err := b.resolve(ctx, p)
		if err != nil {
			return fmt.Errorf("find the parent of %s: %w", b.job.Name, err)
		}
		p.Digest = digest
		if p.Place == (oci.Repository{}) {
			p.Place = p.Reference.Repository()
		}
	}
	return nil
}

// builtHere is the digest that the parent's job in this pipeline left, for the platform if there is one.
func (b *builder) builtHere(p parent) (oci.Digest, bool) {
	if p.Name == "" {
		return oci.Digest{}, false
	}
	names := []string{p.Name}
	if b.job.Platform != "" {
		names = []string{p.Name + "@" + schema.Arch(b.job.Platform), p.Name}
	}
	for _, name := range names {
		if digest, ok := jobenv.Digest(b.Getenv, name); ok {
			return digest, true
		}
	}
	return oci.Digest{}, false
}

// resolve looks up a parent in the registry that it names. If it names no registry, it first looks in the project's own. If a fork lacks an
// image of its own project, resolve looks in the upstream projects.
func (b *builder) resolve(ctx context.Context, p *parent) (oci.Digest, error) {
	own := strings.ToLower(b.Getenv("CI_REGISTRY_IMAGE"))
	if !b.job.IsCompiled && !schema.NamesRegistry(p.Written) {
		if digest, err := b.resolveAt(ctx, p, own+"/"+p.Written); err == nil {
			return digest, nil
		}
	}
	if digest, ok := b.mirrored(ctx, p); ok {
		return digest, nil
	}
	digest, missing := b.Registry.Resolve(ctx, p.Reference)
	rest, isOwn := strings.CutPrefix(p.Reference.String(), own+"/")
	if !oci.IsNotFound(missing) || !isOwn {
		return digest, missing
	}
	for _, u := range b.job.Upstreams {
		if digest, err := b.resolveAt(ctx, p, u.Prefix+"/"+rest); err == nil {
			return digest, nil
		}
	}
	return digest, missing
}

// resolveAt looks for a parent in another place. If the parent is there, it changes the parent's reference to that place.
func (b *builder) resolveAt(ctx context.Context, p *parent, place string) (oci.Digest, error) {
	reference, err := oci.ParseReference(place)
	if err != nil {
		return oci.Digest{}, err
	}
	digest, err := b.Registry.Resolve(ctx, reference)
	if err == nil {
		p.Reference = reference
	}
	return digest, err
}

// parentLabels are the parents of an image that is built now.
func (b *builder) parentLabels() []provenance.Parent {
	parents := make([]provenance.Parent, len(b.job.Parents))
	for i, p := range b.job.Parents {
		parents[i] = provenance.Parent{Name: p.Name, Reference: p.Reference.String(), Digest: p.Digest.String()}
	}
	return parents
}

// rebuiltParent names a parent that has another digest in this pipeline than in the labels of the existing image.
func (b *builder) rebuiltParent(labels map[string]string) string {
	recorded := provenance.Parents(labels)
	for _, p := range b.job.Parents {
		now, ok := b.builtHere(p)
		if !ok {
			continue
		}
		for _, was := range recorded {
			if was.Name == p.Name && was.Digest != now.String() {
				return p.Name
			}
		}
	}
	return ""
}
