package build

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/schema"
)

// parentTests reads the keys of the tests that parents must have passed, by name.
func (r reader) parentTests() map[string][]string {
	var written map[string]string
	r.Decode(schema.VarParentTests, &written)
	keys := make(map[string][]string, len(written))
	for name, list := range written {
		keys[name] = strings.Fields(list)
	}
	return keys
}

// requireTestedParents fails where a parent of the same project has not passed its tests. Nothing is built on an image that nobody may have.
func (b *builder) requireTestedParents(ctx context.Context) error {
	for _, p := range b.job.Parents {
		keys := b.job.ParentTests[p.Name]
		if p.Name == "" || len(keys) == 0 {
			continue
		}
		if err := tested.Require(ctx, b.Registry, tested.Requirement{Name: p.Name, Image: p.pinned(), Platform: b.job.Platform, Keys: keys}); err != nil {
			return fmt.Errorf("%s is not built: its parent %w", b.job.Name, err)
		}
	}
	return nil
}
