package lineage_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
)

var update = flag.Bool("update", false, "write the graphs that are wanted")

// TestGraphs builds the graph of the project in each archive of testdata and compares it, and what was found, with the file "want".
// A file "pins" is the lock, a name and a digest or commit a line; "symlinks" has symbolic links, a name and a target a line.
func TestGraphs(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, file := range archive.Files {
				files[file.Name] = string(file.Data)
			}
			want := files["want"]
			delete(files, "want")
			graph, found := graphWith(t, load(t, files), files, pairs(files["pins"]))
			got := printed(graph, found)
			if *update {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the graph (-want +got); `make golden` writes it:\n%s", diff)
			}
		})
	}
}

// pairs reads lines of two words.
func pairs(lines string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(lines) {
		if words := strings.Fields(line); len(words) == 2 {
			out[words[0]] = words[1]
		}
	}
	return out
}

func printed(graph *lineage.Graph, found diagnostic.List) string {
	var b strings.Builder
	for _, image := range graph.Images {
		printImage(&b, image)
	}
	var families []lineage.Family
	if !slices.ContainsFunc(found, func(d diagnostic.Diagnostic) bool { return d.Code == diagnostic.Cycle }) {
		families = graph.Families() // a graph with a circle has no order
	}
	for _, family := range families {
		fmt.Fprintf(&b, "family %s: %s\n", family.Name, strings.Join(names(family.Images), " "))
	}
	for _, outside := range graph.Outside() {
		fmt.Fprintf(&b, "outside %s, asked for %v, project %q, for %s, at %s\n", outside.Name, outside.Pin, outside.Project.Path, strings.Join(outside.Images, " "), place(outside.Span))
	}
	for _, source := range graph.Sources() {
		fmt.Fprintf(&b, "source %s\n", source.Name())
	}
	for _, mirror := range graph.Mirrors {
		fmt.Fprintf(&b, "mirror %s as %s:%s, digest %q\n", mirror.From, mirror.Repository, mirror.Tag, mirror.Digest)
	}
	for _, d := range found {
		fmt.Fprintf(&b, "%s %s[%s] %s\n  %s\n  hint: %s\n", place(d.Span), d.Severity, d.Code, d.Key, d.Message, d.Hint)
		for _, note := range d.Notes {
			fmt.Fprintf(&b, "  note: %s %s\n", place(note.Span), note.Message)
		}
	}
	return b.String()
}

func printImage(b *strings.Builder, image *lineage.Image) {
	fmt.Fprintf(b, "%s: generation %d, %q %q\n", image.Name, image.Generation, image.Distribution, image.Version)
	for _, parent := range image.Parents {
		fmt.Fprintf(b, "  parent %s, base %v, by argument %v, named %v, digest %q\n", parent, parent.IsBase, parent.ByArgument, parent.Aliases, parent.Digest)
	}
	if base, ok := image.Base(); ok {
		fmt.Fprintf(b, "  on %s\n", base)
	}
	list(b, "before", names(image.Before()))
	list(b, "children", names(image.Children))
	for _, source := range image.Sources {
		fmt.Fprintf(b, "  source %s at %q in %s\n", source.Name(), source.Commit, source.Path.Value)
	}
	for _, secret := range image.Secrets {
		fmt.Fprintf(b, "  secret %s of %s\n", secret.ID, secret.Variable)
	}
	list(b, "files", image.Files)
	made := make([]string, len(image.Ingredients))
	for i, ingredient := range image.Ingredients {
		made[i] = ingredient.Name + " " + ingredient.Short()
	}
	fmt.Fprintf(b, "  made of: %s\n", strings.Join(made, ", "))
}

func list(b *strings.Builder, title string, words []string) {
	if len(words) > 0 {
		fmt.Fprintf(b, "  %s: %s\n", title, strings.Join(words, " "))
	}
}

func names(images []*lineage.Image) []string {
	out := make([]string, len(images))
	for i, image := range images {
		out[i] = image.Name
	}
	return out
}

func place(at diagnostic.Span) string { return fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column) }

// TestSuggestionsEnd holds that only some unknown names are compared with all others: their number times that of the images is too much.
func TestSuggestionsEnd(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	source.WriteString("version: 1\nbuild: always\nimages:\n  base: {distribution: fedora, version: \"43\"}\n")
	for i := range 25 {
		fmt.Fprintf(&source, "  image-%02d: {base: bases}\n", i)
	}
	files := map[string]string{definition.YAMLFile: source.String()}
	_, found := graphOf(t, load(t, files), files)
	suggestions := 0
	for _, d := range found {
		if strings.Contains(d.Message, `did you mean "base"?`) {
			suggestions++
		}
	}
	if len(found) != 25 || suggestions != 20 {
		t.Errorf("%d findings with %d suggestions, want 25 with 20", len(found), suggestions)
	}
}
