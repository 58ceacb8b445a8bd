package lineage_test

import (
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// yamlOnly checks definitions, none of which is written in CUE.
type yamlOnly struct{}

func (yamlOnly) Meant(string, string) string { return "" }

func (yamlOnly) Has(_, key string) bool { return key == "images" || key == "distributions" }

func (yamlOnly) Check(name string, document *tree.Node, found *diagnostic.List) error {
	return shape.NewChecker().Check(name, document, found)
}

func (yamlOnly) Evaluate(fs.FS, string, *diagnostic.List) (document *tree.Node, files []string) {
	return nil, nil
}

func (yamlOnly) HasImages(fs.FS, string) bool { return false }

func (yamlOnly) Unify(_ fs.FS, document *tree.Node, _ []string, _ *diagnostic.List) (unified *tree.Node, files []string) {
	return document, nil
}

// pins are the digests and commits of a lock, by name.
type pins map[string]string

func (p pins) Digest(name string) (string, bool) { digest, ok := p[name]; return digest, ok }
func (p pins) Commit(name string) (string, bool) { commit, ok := p[name]; return commit, ok }
