package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// RepositoryPattern describes repositories of one registry: "docker.io/team/*". A '*' replaces any characters within a component of the path,
// and "**" any number of components. The zero pattern matches nothing.
type RepositoryPattern struct{ text string }

// repositoryPattern is #RepositoryPattern in definition.cue: what the schema accepts must be a pattern here, or it would be lost.
var repositoryPattern = pattern.Lazy(`^(localhost|[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+|[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*:[0-9]+)(:[0-9]+)?(/[a-z0-9._*-]+)+$`)

// ParseRepositoryPattern reads a pattern, which begins with a registry.
func ParseRepositoryPattern(text string) (RepositoryPattern, error) {
	if !repositoryPattern().MatchString(text) {
		return RepositoryPattern{}, fmt.Errorf("%.60q is not a pattern of repositories: it begins with a registry, such as docker.io/team/*", text)
	}
	return RepositoryPattern{text}, nil
}

// UnmarshalText reads a pattern as ParseRepositoryPattern does.
func (p *RepositoryPattern) UnmarshalText(text []byte) (err error) {
	*p, err = ParseRepositoryPattern(string(text))
	return err
}

// MarshalText returns the pattern as it was written.
func (p RepositoryPattern) MarshalText() ([]byte, error) { return []byte(p.text), nil }

// String returns the pattern as it was written.
func (p RepositoryPattern) String() string { return p.text }

// anyPart replaces the wildcards of a quoted pattern.
var anyPart = strings.NewReplacer(`\*\*`, `.*`, `\*`, `[^/]*`)

// Matches reports whether the pattern describes a repository, in whichever way that is written.
func (p RepositoryPattern) Matches(r Repository) bool {
	if p.text == "" {
		return false
	}
	registry, path, _ := strings.Cut(p.text, "/")
	explicit := r.Explicit()
	return strings.EqualFold(Repository{registry, path}.Explicit().Registry(), explicit.Registry()) &&
		regexp.MustCompile(`^`+anyPart.Replace(regexp.QuoteMeta(path))+`$`).MatchString(explicit.Path())
}

// JoinPatterns lists patterns for a message.
func JoinPatterns(patterns []RepositoryPattern) string {
	texts := make([]string, len(patterns))
	for i, p := range patterns {
		texts[i] = p.text
	}
	return strings.Join(texts, ", ")
}

// MatchesAny reports whether one of several patterns describes a repository. Without patterns every repository is fine.
func MatchesAny(patterns []RepositoryPattern, r Repository) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p RepositoryPattern) bool { return p.Matches(r) })
}
