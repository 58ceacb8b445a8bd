package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/desk/inspect"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
)

const definition = `version: 1
images:
  base: {distribution: alpine, base: {project: other/project, image: root}, tag: v1, dependents: [{project: team/web, ref: main}]}
  app: {base: base, packages: [curl]}
  site: {distribution: alpine, version: "3.22", tag: v2, after: [base]}
`

func TestExplainShowsAnImageAndItsJobs(t *testing.T) {
	t.Parallel()
	e, err := inspect.Explain(projecttest.New(t, definition), "base")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"base, declared at stemma.yaml:3:", "tag       v1 (written by hand)", "parents   other/project/root:latest", "children  app", "pokes     team/web (main)", "  build:base (stage ",
	} {
		if !strings.Contains(e.Text(), want) {
			t.Errorf("got %s\nwant %q in it", e.Text(), want)
		}
	}
	if strings.Contains(e.Text(), "\n  .") {
		t.Errorf("got %s\nwant no hidden jobs", e.Text())
	}
}

func TestExplainOfAContentTag(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, definition)
	e, err := inspect.Explain(p, "app")
	if err != nil {
		t.Fatal(err)
	}
	if want := p.Graph.Images[p.IndexOf("app")].Tag.String(); e.Tag != want || !e.ContentTag {
		t.Errorf("got the tag %s, from content: %t; want %s from content", e.Tag, e.ContentTag, want)
	}
	if want := "  " + e.Tag + " (from its content)"; !strings.Contains(e.Text(), strings.TrimSpace(want)) {
		t.Errorf("got %s\nwant %q in it", e.Text(), want)
	}
}

func TestTheBaseOfADistributionIsAParent(t *testing.T) {
	t.Parallel()
	e, err := inspect.Explain(projecttest.New(t, definition), "site")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"docker.io/library/alpine:3.22"}, e.Parents); diff != "" {
		t.Errorf("parents (-want +got):\n%s", diff)
	}
}

func TestExplainSuggestsAName(t *testing.T) {
	t.Parallel()
	_, err := inspect.Explain(projecttest.New(t, definition), "ap")
	if err == nil || !strings.Contains(err.Error(), `did you mean "app"?`) {
		t.Errorf("got %v, want a suggestion", err)
	}
}

func TestALargeDiagramSaysThatItIsTooLarge(t *testing.T) {
	t.Parallel()
	for images, want := range map[int]string{
		3:   "",
		100: "%% 100 edges and 3197 characters: GitLab draws a diagram of more than 2000 characters in a comment only after a click.\n",
		600: "%% 600 edges and 20197 characters: Mermaid draws at most 500 edges and 50000 characters. Use the format svg or html.\n",
	} {
		d := inspect.Drawing{}
		for i := range images {
			d.Edges = append(d.Edges, inspect.Edge{Parent: "base", Child: fmt.Sprintf("image-%03d", i), IsBase: true})
		}
		_, rest, _ := strings.Cut(d.Mermaid(), "graph TD\n")
		got, _, isThere := strings.Cut(rest, "\n")
		if got += "\n"; !isThere || !strings.HasPrefix(got, "%%") {
			got = ""
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d edges (-want +got):\n%s", images, diff)
		}
	}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	d := inspect.Draw(projecttest.New(t, definition))
	mermaid := `graph TD
  n0["base"]
  n1["app"]
  n2["site"]
  n3(["other/project/root:latest"])
  n3 --> n0
  n0 --> n1
  n4(["docker.io/library/alpine:3.22"])
  n4 --> n2
  n0 -.->|after| n2
  n5[["team/web (main)"]]
  n0 -.->|pokes| n5
`
	if diff := cmp.Diff(mermaid, d.Mermaid()); diff != "" {
		t.Errorf("mermaid (-want +got):\n%s", diff)
	}
	dot := `digraph images {
  "base";
  "app";
  "site";
  "other/project/root:latest" -> "base";
  "base" -> "app";
  "docker.io/library/alpine:3.22" -> "site";
  "base" -> "site" [style=dotted];
  "base" -> "team/web (main)" [style=dashed, label=pokes];
}
`
	if diff := cmp.Diff(dot, d.Dot()); diff != "" {
		t.Errorf("dot (-want +got):\n%s", diff)
	}
}
