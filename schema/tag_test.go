package schema_test

import (
	"bytes"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestParseTag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"v1": true, "2026-11-20.0": true, "_": true, longTag: true,
		"": false, ".a": false, "-a": false, "a/b": false, "a:b": false, "ä": false, longTag + "9": false, "a\n": false, "{tag}": false,
	} {
		got, err := schema.ParseTag(text)
		if (err == nil) != want || want && got.String() != text {
			t.Errorf("%q: got %q, %v, want a tag: %t", text, got, err, want)
		}
	}
}

func TestTagOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"v1": "v1", "": "_", ".a": "_.a", "-a": "_-a", "feature/x y": "feature_x_y", "ä": "_", longTag + "9": longTag, "." + longTag: "_." + longTag[:126]} {
		got := schema.TagOf(text)
		if _, err := schema.ParseTag(got.String()); got.String() != want || err != nil {
			t.Errorf("%q: got the tag %q (%v), want %q", text, got, err, want)
		}
	}
}

func TestReleaseTag(t *testing.T) {
	t.Parallel()
	own := schema.TagOf("abc")
	for text, want := range map[string]struct {
		of        string
		isVersion bool
	}{
		"latest": {"latest", false}, "{tag}": {"abc", false}, "{tag}-slim": {"abc-slim", false}, "{major}.{minor}": {"{major}.{minor}", true},
		"{version}-{tag}": {"{version}-abc", true},
	} {
		tag, err := schema.ParseReleaseTag(text)
		if got := tag.Of(own).String(); err != nil || got != want.of || tag.IsVersion() != want.isVersion || tag.String() != text {
			t.Errorf("%q: got %q (%v), with a version: %t, want %q and %t", text, got, err, tag.IsVersion(), want.of, want.isVersion)
		}
	}
	for _, text := range []string{"", "-{tag}", ".{tag}", "{patch}", "{", "a b", "{major", longTag + "{tag}"} {
		if tag, err := schema.ParseReleaseTag(text); err == nil {
			t.Errorf("%q: got the tag %v, want an error", text, tag)
		}
	}
}

// FuzzPatterns holds the patterns of the CUE schema, which cannot call Go, against the functions that read the same values.
func FuzzPatterns(f *testing.F) {
	judges := map[string]func(text string) bool{
		"Tag":        func(text string) bool { _, err := schema.ParseTag(text); return err == nil },
		"Version":    func(text string) bool { _, err := schema.ParseTag(text); return err == nil },
		"ReleaseTag": func(text string) bool { _, err := schema.ParseReleaseTag(text); return err == nil },
		"Repository": func(text string) bool {
			_, err := schema.ParseRepository(text)
			return strings.Contains(text, "/") && (err == nil || len(text) > 255)
		},
	}
	patterns := map[string]*regexp.Regexp{}
	for of := range judges {
		patterns[of] = cuePattern(f, of)
	}
	for _, seed := range []string{"v1", "-a", "{tag}-slim", "{major}.{minor}", "docker.io/a/b", "host:5000/a", "team/app", "a.b_c/d", "A/b", "localhost/a", "a/b:1", longTag, longTag + "9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for of, judge := range judges {
			if got, want := patterns[of].MatchString(text), judge(text); got != want && len(text) <= 255 {
				t.Errorf("%q: got %t from the pattern of #%s, want %t as in Go", text, got, of, want)
			}
		}
	})
}

// cuePattern is the pattern of a definition in definition.cue.
func cuePattern(tb testing.TB, name string) *regexp.Regexp {
	tb.Helper()
	source, err := fs.ReadFile(schema.FS, "definition.cue")
	if err != nil {
		tb.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^#` + name + `:\s+=~("[^"]*")`).FindSubmatch(source)
	if match == nil {
		tb.Fatalf("definition.cue has no pattern of #%s", name)
	}
	pattern, err := strconv.Unquote(string(match[1]))
	if err != nil {
		tb.Fatal(err)
	}
	return regexp.MustCompile(pattern)
}

// Components cannot import the schema: GitLab checks their inputs itself.
func TestComponentsHaveThePatternOfTags(t *testing.T) {
	t.Parallel()
	want := cuePattern(t, "Tag").String()
	found := 0
	for _, file := range []string{"../components/image.cue", "../components/poke.cue", "../templates/image.yml", "../templates/poke.yml"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(source) {
			if _, got, ok := strings.Cut(string(line), "regex:"); ok && strings.Contains(got, "{0,127}") {
				found++
				if got = strings.Trim(got, " \n\""); got != want {
					t.Errorf("%s: got the pattern %s, want %s", file, got, want)
				}
			}
		}
	}
	if found != 6 {
		t.Errorf("got %d patterns of tags in the components, want 6", found)
	}
}
