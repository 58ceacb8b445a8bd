package compiler_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// mistake is an entry of testdata/mistakes.txt: a definition with one mistake, in YAML and in CUE. Its place is marked with §.
type mistake struct{ name, code, yaml, cue string }

func readMistakes(t *testing.T) []mistake {
	t.Helper()
	content, err := os.ReadFile("testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, entries, _ := strings.Cut(string(content), "\n=== ")
	var mistakes []mistake
	for entry := range strings.SplitSeq(entries, "\n=== ") {
		title, body, _ := strings.Cut(entry, "\n")
		name, code, _ := strings.Cut(title, ": ")
		yaml, cue, ok := strings.Cut(body, "\n---\n")
		if !ok {
			t.Fatalf("%s has no ---", name)
		}
		mistakes = append(mistakes, mistake{name, code, yaml + "\n", cue})
	}
	return mistakes
}

// form is a way to write a definition.
type form struct {
	name, file, header string
	body               func(mistake) string
}

const importSchema = "package images\n\nimport \"gitlab.com/stemma-ci/stemma/schema\"\n\nschema.#Definition\n\n"

var forms = []form{
	{"YAML", "stemma.yaml", "", func(m mistake) string { return m.yaml }},
	{"CUE", "stemma.cue", "", func(m mistake) string { return m.cue }},
	{"CUE with the schema", "stemma.cue", importSchema, func(m mistake) string { return m.cue }},
}

// finding is what the forms have in common: the words, where the places are in other columns.
type finding struct{ Code, Message, Hint string }

// findings compiles a definition whose mistakes are marked with §. It returns the findings, each with the line and column of its place.
func findings(t *testing.T, file, source string) map[string]finding {
	t.Helper()
	_, found, err := compilertest.Compile(fstest.MapFS{file: {Data: []byte(strings.ReplaceAll(source, "§", ""))}, "app/Containerfile": {Data: []byte("FROM scratch\n")}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]finding{}
	for _, d := range found {
		at := fmt.Sprintf("%d:%d", d.Span.Line, d.Span.Column)
		if first, ok := out[at]; ok {
			t.Errorf("%s is reported twice: %s, %s", at, first.Message, d.Message)
		}
		out[at] = finding{string(d.Code), withoutReading(d), strings.ToLower(d.Hint)}
	}
	return out
}

// withoutReading leaves out how YAML or CUE read a value that needs quotes, and their own words for what cannot be parsed.
func withoutReading(d diagnostic.Diagnostic) string {
	switch d.Code {
	case diagnostic.NeedsQuotes:
		text, _, _ := strings.Cut(d.Message, ", but ")
		return text
	case diagnostic.Syntax:
		return ""
	}
	return d.Message
}

// marked returns the lines and columns that § marks, in order.
func marked(source string) (places []string) {
	for number, line := range strings.Split(source, "\n") {
		if before, _, ok := strings.Cut(line, "§"); ok {
			places = append(places, fmt.Sprintf("%d:%d", number+1, utf8.RuneCountInString(before)+1))
		}
	}
	return places
}

func definitionOf(f form, m mistake) string {
	body, isWhole := strings.CutPrefix(f.body(m), "!")
	if isWhole {
		return f.header + body
	}
	return f.header + "version: 1\n" + body
}

// A mistake has one finding, with the same code and hint at the user's place, in whichever form it is written.
func TestMistakesHaveOneFindingInEveryForm(t *testing.T) {
	t.Parallel()
	for _, m := range sample.List(readMistakes(t), 4) {
		inYAML := findings(t, forms[0].file, definitionOf(forms[0], m))[marked(definitionOf(forms[0], m))[0]]
		for _, f := range forms {
			t.Run(m.name+"/"+f.name, func(t *testing.T) {
				source := definitionOf(f, m)
				found := findings(t, f.file, source)
				want := marked(source)
				if diff := cmp.Diff(want, slices.Sorted(maps.Keys(found))); diff != "" {
					t.Fatalf("places: %s\n%v\n%s", diff, found, source)
				}
				got := found[want[0]]
				if got.Code != m.code {
					t.Errorf("the code is %s, want %s", got.Code, m.code)
				}
				if diff := cmp.Diff(inYAML, got); diff != "" && m.code != "syntax" {
					t.Errorf("unlike in YAML: %s", diff)
				}
			})
		}
	}
}

// All mistakes are found in one run.
func TestMistakesAreFoundTogether(t *testing.T) {
	t.Parallel()
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			source := f.header + "version: 1\nproject: \"group/project\"\nbuild: \"always\"\n" + f.images(readMistakes(t))
			want := marked(source)
			slices.Sort(want)
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(findings(t, f.file, source)))); diff != "" {
				t.Errorf("places: %s", diff)
			}
		})
	}
}

// images joins the mistakes in images to one definition.
func (f form) images(mistakes []mistake) string {
	var images strings.Builder
	for _, m := range mistakes {
		body := f.body(m)
		if !strings.HasPrefix(body, "images:") || m.code == "syntax" {
			continue
		}
		if f.file == "stemma.yaml" && images.Len() > 0 {
			body = strings.TrimPrefix(body, "images:\n") // YAML has each key once
		}
		images.WriteString(body)
	}
	return images.String()
}
