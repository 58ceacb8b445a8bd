package job

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// isBase reports whether the image begins with the layers of a parent: the one that FDO_BASE_IMAGE or the distribution
// names, else the first.
func (j buildJob) isBase(p parent) bool {
	if j.Base != (oci.Reference{}) {
		return p.Reference == j.Base
	}
	return p.Reference == j.Parents[0].Reference
}

// contextName is how a Containerfile calls a parent.
func (p parent) contextName() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Written
}

// resolveParents finds out which digest each parent has: that of its job in this pipeline, else the registry's.
func (b *builder) resolveParents(ctx context.Context) error {
	for i := range b.job.Parents {
		p := &b.job.Parents[i]
		if digest, ok := b.builtHere(*p); ok {
			p.Digest = digest
			continue
		}
		digest, err := b.Registry.Resolve(ctx, p.Reference)
		if oci.IsNotFound(err) && b.job.UpstreamPrefix != "" {
			digest, err = b.resolveUpstream(ctx, p, err)
		}
		if err != nil {
			return fmt.Errorf("find the parent of %s: %w", b.job.Name, err)
		}
		p.Digest = digest
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
		if digest, err := oci.ParseDigest(b.Getenv(schema.PrefixDigest + schema.DotenvSuffix(name))); err == nil {
			return digest, true
		}
	}
	return oci.Digest{}, false
}

// resolveUpstream looks for a parent that a fork does not have in the upstream project.
func (b *builder) resolveUpstream(ctx context.Context, p *parent, missing error) (oci.Digest, error) {
	own := strings.ToLower(b.Getenv("CI_REGISTRY_IMAGE"))
	rest, ok := strings.CutPrefix(p.Reference.String(), own+"/")
	if !ok {
		return oci.Digest{}, missing
	}
	upstream, err := oci.ParseReference(b.job.UpstreamPrefix + "/" + rest)
	if err != nil {
		return oci.Digest{}, missing
	}
	digest, err := b.Registry.Resolve(ctx, upstream)
	if err == nil {
		p.Reference = upstream
	}
	return digest, err
}

// parentLabel is one entry of schema.LabelParents.
type parentLabel struct {
	Name      string `json:"name,omitempty"`
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
}

// rebuiltParent names a parent that this pipeline has under another digest than the image that exists was built on.
func (b *builder) rebuiltParent(labels map[string]string) string {
	var recorded []parentLabel
	if json.Unmarshal([]byte(labels[schema.LabelParents]), &recorded) != nil {
		return ""
	}
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
