package schema_test

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestPatternsOfRepositories(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pattern, repository string
		want                bool
	}{
		"equal":                        {"docker.io/team/rust", "docker.io/team/rust", true},
		"another":                      {"docker.io/team/rust", "docker.io/team/rusty", false},
		"one before it":                {"docker.io/team/rust", "docker.io/a/team/rust", false},
		"a component":                  {"docker.io/team/*", "docker.io/team/rust", true},
		"two components":               {"docker.io/team/*", "docker.io/team/a/rust", false},
		"no component":                 {"docker.io/team/*", "docker.io/team", false},
		"a part of a component":        {"docker.io/team/ci-*", "docker.io/team/ci-rust", true},
		"any components":               {"docker.io/team/**", "docker.io/team/a/b/rust", true},
		"any components, another team": {"docker.io/team/**", "docker.io/teams/a", false},
		"components in the middle":     {"r.example.org/a/**/rust", "r.example.org/a/b/c/rust", true},
		"a dot is a dot":               {"r.example.org/a.b", "r.example.org/acb", false},
		"Docker Hub":                   {"docker.io/team/*", "team/rust", true},
		"Docker Hub, by another name":  {"index.docker.io/team/*", "docker.io/team/rust", true},
		"an image of Docker Hub":       {"docker.io/library/*", "debian", true},
		"another registry":             {"docker.io/team/*", "r.example.org/team/rust", false},
		"a registry that contains it":  {"docker.io/team/*", "r.example.org/docker.io/team/rust", false},
		"the registry in upper case":   {"R.example.org/team/*", "r.example.org/team/rust", true},
		"a port":                       {"r.example.org:5000/*", "r.example.org:5000/rust", true},
		"another port":                 {"r.example.org:5000/*", "r.example.org/rust", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pattern, err := schema.ParseRepositoryPattern(test.pattern)
			if err != nil {
				t.Fatal(err)
			}
			repository, err := schema.ParseRepository(test.repository)
			if err != nil {
				t.Fatal(err)
			}
			if got := schema.MatchesAny([]schema.RepositoryPattern{pattern}, repository); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

func TestNoPatternsOfRepositories(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "*", "**", "team/*", "*/team/a", "*.io/team/a", "docker.io", "docker.io/", "docker.io/Team/*", "docker.io/team/$NAME", "docker.io/team/a:1", "docker.io//a", "https://docker.io/a"} {
		if got, err := schema.ParseRepositoryPattern(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
	var none schema.RepositoryPattern
	if none.Matches(schema.Repository{}) {
		t.Error("the zero pattern matches")
	}
}

// A pattern that was read never panics and never matches a repository of another registry.
func FuzzRepositoryPattern(f *testing.F) {
	f.Add("docker.io/team/*", "docker.io/team/rust")
	f.Add("r.example.org:5000/**/a*", "r.example.org:5000/b/ab")
	f.Fuzz(func(t *testing.T, text, name string) {
		pattern, err := schema.ParseRepositoryPattern(text)
		if err != nil {
			return
		}
		repository, err := schema.ParseRepository(name)
		if err != nil {
			return
		}
		written, err := schema.ParseRepository(text)
		if pattern.Matches(repository) && err == nil && written.Explicit().String() != repository.Explicit().String() {
			t.Errorf("%s, without a wildcard, matches %s", text, name)
		}
	})
}
