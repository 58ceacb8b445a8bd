package review

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

// sample is the review of a change of one image.
func sample() Review {
	compared := diff.Diff{
		Images: []diff.Image{{
			Name: "base", Kind: diff.Changed, Tag: diff.Move{Old: "1", New: "2"}, IsRebuilt: true,
			Changes: []diff.Change{{Key: "labels", Move: diff.Move{Old: "/merge", New: "@all <img src=x>"}}},
		}},
		Rebuilt: []string{"base"}, Total: 2,
	}
	graph := picture.Graph{Title: "Images", Images: []picture.Image{{Name: "base", Tag: "2"}, {Name: "other", Tag: "3"}}}
	return New(compared, graph, "")
}

// job are the variables of a job in the pipeline of the scene's merge request.
func (s *scene) job() map[string]string {
	return map[string]string{
		"CI_API_V4_URL": s.server.API(), "CI_MERGE_REQUEST_IID": "1", "CI_MERGE_REQUEST_PROJECT_PATH": "team/app", "CI_PIPELINE_ID": "7",
		"CI_JOB_URL": "https://gitlab.example.org/team/app/-/jobs/5", TokenVariable: s.secret, "STEMMA_TIMEOUTS": "answer=500ms stall=500ms",
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*scene, map[string]string)
		code   int
		log    string
		// commented tells whether there is a comment afterwards.
		commented bool
	}{
		"with a token":              {func(*scene, map[string]string) {}, 0, "The comment of !1 was added", true},
		"without one":               {func(_ *scene, v map[string]string) { delete(v, TokenVariable) }, 0, "There is no comment: STEMMA_REVIEW_TOKEN is not set", false},
		"no merge request":          {func(_ *scene, v map[string]string) { delete(v, "CI_MERGE_REQUEST_IID") }, 0, "this is not the pipeline of a merge request", false},
		"an expired token":          {func(s *scene, _ map[string]string) { s.server.End(s.secret) }, 1, "has expired or was revoked: rotate it", false},
		"a fork with its own token": {func(s *scene, v map[string]string) { v[TokenVariable] = s.server.PrivateToken("eve") }, 1, "add the user to the members of team/app", false},
		"GitLab wants a long pause": {func(s *scene, _ map[string]string) {
			s.server.Break(gitlabtest.Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}})
		}, 3, "it asks to wait for 1h0m0s", false},
		"a number that is none":  {func(_ *scene, v map[string]string) { v["CI_PIPELINE_ID"] = "x" }, 2, `CI_PIPELINE_ID: "x" is not a number`, false},
		"a project that is none": {func(_ *scene, v map[string]string) { v["CI_MERGE_REQUEST_PROJECT_PATH"] = "" }, 2, `CI_MERGE_REQUEST_PROJECT_PATH: "" is not a project`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			variables := s.job()
			test.change(s, variables)
			folder := filepath.Join(t.TempDir(), "out", "review")
			var out, log bytes.Buffer
			err := sample().Publish(t.Context(), cli.Streams{Out: &out, Err: &log}, func(name string) string { return variables[name] }, folder)
			if code := cli.ExitCode(err, &log); code != test.code || !strings.Contains(log.String(), test.log) || strings.Contains(log.String(), s.secret) {
				t.Errorf("exit code %d, want %d, and %q in\n%s", code, test.code, test.log, log.String())
			}
			text, err := os.ReadFile(filepath.Join(folder, "review.txt"))
			if err != nil || string(text) != out.String() {
				t.Errorf("review.txt: %v\n%s", err, text)
			}
			if _, err := os.Stat(filepath.Join(folder, "review.html")); err != nil {
				t.Error(err)
			}
			if got := len(s.texts()) == 1; got != test.commented {
				t.Errorf("the comments are %q", s.texts())
			}
		})
	}
}

func TestFindingsOfTheNewVersionAreAFailure(t *testing.T) {
	t.Parallel()
	finding := []diff.Finding{{Place: "stemma.yaml:1:1", Code: "yaml", Message: "broken"}}
	for name, test := range map[string]struct {
		old, new diff.Side
		want     error
	}{
		"the new version": {diff.Side{}, diff.Side{Findings: finding}, cli.ErrFindings},
		"the old version": {diff.Side{Findings: finding}, diff.Side{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			variables := s.job()
			var out, log bytes.Buffer
			r := New(diff.Diff{Old: test.old, New: test.new}, picture.Graph{Title: "Images"}, "")
			err := r.Publish(t.Context(), cli.Streams{Out: &out, Err: &log}, func(name string) string { return variables[name] }, t.TempDir())
			if !errors.Is(err, test.want) || len(s.texts()) != 1 || !strings.Contains(s.texts()[0], "error[yaml]: broken") {
				t.Errorf("got %v and the comments %q", err, s.texts())
			}
		})
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	const job = "https://gitlab.example.org/a/-/jobs/5"
	for _, test := range []struct{ job, folder, want string }{
		{job, "stemma-review", "[The whole review](<" + job + "/artifacts/browse/stemma-review/>)"},
		{job, "a>b\n(c)", "[The whole review](<" + job + "/artifacts/browse/a%3Eb%0A%28c%29/>)"},
		{job, "/tmp/x", ""},
		{"", "stemma-review", ""},
		{"javascript:alert(1)", "stemma-review", ""},
	} {
		if got := link(test.job, test.folder); got != test.want {
			t.Errorf("%q, %q: got %q, want %q", test.job, test.folder, got, test.want)
		}
	}
}

func TestTheGraphShowsWhatTheChangeTouches(t *testing.T) {
	t.Parallel()
	images := []diff.Image{{Name: "a", Kind: diff.Added}, {Name: "b", Kind: diff.Rebuilt}, {Name: "gone", Kind: diff.Removed, Tag: diff.Move{Old: "9"}}}
	graph := picture.Graph{Images: []picture.Image{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "gone", Tag: "compiled now"}}}
	var got []string
	for _, image := range New(diff.Diff{Images: images}, graph, "").Graph.Images {
		got = append(got, image.Name+" "+string(image.State)+" "+image.Tag)
	}
	if want := "a added ,b rebuilt ,c unchanged ,gone removed 9"; strings.Join(got, ",") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	if graph.Images[0].State != "" {
		t.Error("the graph of the caller has changed")
	}
}

// hostile are values that would have an effect if they were not in a block of code, or if they ended it.
var hostile = []string{
	"/merge", "\n/merge\n", "```\n/merge\n", "````\n/close", "@all", "<script>", "</details>", "[a](http://b)", "#1 !2", "x\r/merge\u2028/merge\n\t/merge", "\"]\nend",
}

func TestNothingInTheCommentHasAnEffect(t *testing.T) {
	t.Parallel()
	for _, value := range hostile {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			r := sample()
			r.Diff.Images[0].Name, r.Diff.Images[0].Changes[0].New, r.Diff.Rebuilt[0] = value, value, value
			r.Graph.Images[0].Name, r.Graph.Images[0].Dependents = value, []string{value}
			r.Diff.Project = []diff.Change{{Key: value, Lines: []string{"+" + value, "-" + value}}}
			r.Diff.Dependents = []diff.Dependent{{Project: value, Ref: value, Images: []string{value}}}
			r.Diff.Jobs = []diff.Job{{Name: value, Kind: diff.Added}, {Name: value, Kind: diff.Added, Definition: value}}
			r.Diff.Children = []diff.Child{{StartedBy: []string{value}, NewRefused: []diff.Finding{{Place: value, Message: value, Hint: value}}, Jobs: r.Diff.Jobs[:1]}}
			r.Diff.Unread = []string{value}
			comment := s.comment(7, r.Markdown(""))
			s.mustKeep(comment, Added)
			if note := s.server.Notes("team/app", 1)[0]; len(note.Commands) > 0 || note.Body != comment.body() {
				t.Errorf("GitLab carries out %q", note.Commands)
			}
			if outside := outsideOfBlocks(comment.Text); strings.Contains(outside, "all") || strings.Contains(outside, "merge") || strings.Contains(outside, "script") {
				t.Errorf("outside of blocks of code: %s", outside)
			}
		})
	}
}

func TestNoTextEndsItsBlock(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a", "```", "```\n/merge\n````\n", "x ````` y"} {
		if got := outsideOfBlocks(block("text", text)); got != "" {
			t.Errorf("%q is outside of the block: %q", text, got)
		}
	}
}

// outsideOfBlocks returns the lines that are in no fenced block of code: https://spec.commonmark.org/0.31.2/#fenced-code-blocks.
func outsideOfBlocks(text string) string {
	var out strings.Builder
	fence := ""
	for line := range strings.Lines(text) {
		row := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(row) >= 3:
			fence = row
		case fence == "":
			out.WriteString(line)
		case len(row) >= len(fence) && strings.TrimSpace(line) == row:
			fence = ""
		}
	}
	return out.String() + fence
}

func TestACommentAboutManyImagesIsShort(t *testing.T) {
	t.Parallel()
	const cut, counted = "… cut, since the comment would be too long: review.txt", "\n↻ 1000 other images are rebuilt because of these\n"
	tests := map[diff.Kind]struct {
		cuts, counts, drawings int
	}{
		diff.Rebuilt: {cuts: 0, counts: 1, drawings: 1},
		diff.Changed: {cuts: 1, counts: 0, drawings: 0},
	}
	for kind, want := range tests {
		compared := diff.Diff{Total: 1001, Images: []diff.Image{{Name: "base", Kind: diff.Changed, IsRebuilt: true}}, Rebuilt: []string{"base"}}
		graph := picture.Graph{Images: []picture.Image{{Name: "base"}}}
		for i := range 1000 {
			name := fmt.Sprintf("group/image-%d", i)
			compared.Images = append(compared.Images, diff.Image{Name: name, Kind: kind, IsRebuilt: true, Parents: []string{"base"}, Causes: []string{"base"}})
			compared.Rebuilt = append(compared.Rebuilt, name)
			graph.Images = append(graph.Images, picture.Image{Name: name, Parents: []picture.Parent{{Name: "base", Link: picture.Base}}})
		}
		text := New(compared, graph, "").Markdown("[The whole review](<x>)")
		if len(text) > 20_000 || strings.Count(text, cut) != want.cuts || strings.Count(text, counted) != want.counts || strings.Count(text, "```mermaid") != want.drawings ||
			strings.Count(text, "leaves out the images") != want.drawings || !strings.HasSuffix(text, "\n[The whole review](<x>)\n") {
			t.Errorf("%s: the comment has %d bytes:\n%.3000s", kind, len(text), text)
		}
	}
}

// GitLab does not draw a diagram that is longer, including its colours, and Len counts bytes, which are not fewer.
func TestADiagramHasTheLengthThatGitLabDraws(t *testing.T) {
	t.Parallel()
	for images := range 100 {
		var compared diff.Diff
		var graph picture.Graph
		for i := range images {
			name := fmt.Sprintf("image-%d", i)
			compared.Images = append(compared.Images, diff.Image{Name: name, Kind: diff.Added, IsRebuilt: true})
			graph.Images = append(graph.Images, picture.Image{Name: name})
		}
		drawing, _ := New(compared, graph, "").mermaid()
		if len(drawing) > MaxMermaid || images > 0 && images < 30 && drawing == "" {
			t.Errorf("%d images: the diagram has %d bytes", images, len(drawing))
		}
	}
}

func TestTheTitleSaysHowManyImagesAreRebuilt(t *testing.T) {
	t.Parallel()
	tests := map[string]diff.Diff{
		"The image is rebuilt":         {Rebuilt: []string{"a"}, Total: 1},
		"1 of 2 images is rebuilt":     {Rebuilt: []string{"a"}, Total: 2},
		"2 of 2 images are rebuilt":    {Rebuilt: []string{"a", "b"}, Total: 2},
		"No image is rebuilt":          {Total: 1},
		"No effect on images and jobs": {},
	}
	for want, compared := range tests {
		compared.Images = make([]diff.Image, compared.Total)
		if got := (Review{Diff: compared}).title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
