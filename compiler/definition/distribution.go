package definition

import (
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Distribution is one that the project defines.
type Distribution struct {
	Key string
	// Span is the place of its key.
	Span diagnostic.Span
	schema.Recipe
}

// declareDistributions adds the distributions of a document.
func (l *loader) declareDistributions(declared *tree.Node) {
	if declared == nil {
		return
	}
	for i := range declared.Fields {
		field := &declared.Fields[i]
		first, ok := l.distributions[field.Name]
		switch {
		case !ok:
			l.distributions[field.Name] = field
		case first.Span.File != field.Span.File: // the check of a document has reported a duplicate key in it
			l.found.Errorf(diagnostic.DuplicateKey, field.Span, "the distribution %s is declared twice", diagnostic.Quote(field.Name)).
				WithNote(first.Span, "first declared here").WithHint("remove one of them, or rename it").WithKey("distributions." + field.Name)
		}
	}
}

// ownDistributions returns the distributions of all documents. It reports bases that name no image.
func (l *loader) ownDistributions() []Distribution {
	out := make([]Distribution, 0, len(l.distributions))
	for _, key := range slices.Sorted(maps.Keys(l.distributions)) {
		declared := l.distributions[key]
		d := Distribution{Key: key, Span: declared.Span, Recipe: schema.Recipe{Env: map[string]string{}, IsOwn: true}}
		l.decode(declared.Value, &d.Recipe)
		if d.Base != "" {
			l.checkDistributionBase(d, declared.Value.Get("base").Span)
		}
		out = append(out, d)
	}
	return out
}

// checkDistributionBase reports a base that is no reference. The check has reported a base with other characters, or without a registry.
func (l *loader) checkDistributionBase(d Distribution, at diagnostic.Span) {
	key := "distributions." + d.Key + ".base"
	if _, err := schema.ParseReference(d.BaseImage("1")); err != nil && !l.isReported(at) {
		l.found.Errorf(diagnostic.BadValue, at, "%v", err).WithHint("write a reference such as docker.io/library/%s:{version}", d.Key).WithKey(key)
	}
}

func (l *loader) isReported(at diagnostic.Span) bool {
	return slices.ContainsFunc(*l.found, func(d diagnostic.Diagnostic) bool { return d.Span == at })
}
