package picture_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
)

func page(t *testing.T, g picture.Graph) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := g.HTML(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// data is what the script of a page reads.
func data(t *testing.T, source []byte) (boxes []map[string]any) {
	t.Helper()
	match := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindSubmatch(source)
	if match == nil {
		t.Fatalf("got no data in\n%s", source)
	}
	if err := json.Unmarshal(match[1], &boxes); err != nil {
		t.Fatal(err)
	}
	return boxes
}

func TestAPageHasAllImages(t *testing.T) {
	t.Parallel()
	for name, g := range graphs() {
		images := 0
		for _, box := range data(t, page(t, g)) {
			if box["outside"] == nil {
				images++
			}
		}
		if images != len(g.Images) {
			t.Errorf("%s: got %d images, want %d", name, images, len(g.Images))
		}
	}
}

func TestAPageOfManyImagesIsSmall(t *testing.T) {
	t.Parallel()
	const most = 3 << 20
	if got := len(page(t, fleet(2000))); got > most {
		t.Errorf("got %d bytes, want at most %d", got, most)
	}
}

func TestNoTextBecomesPartOfThePage(t *testing.T) {
	t.Parallel()
	clean := page(t, picture.Graph{Title: "a", Sections: []picture.Section{{Heading: "b", Text: "c"}}, Images: []picture.Image{image("d", outside("e"), files("f"))}})
	got := page(t, hostile())
	for _, element := range []string{"<script", "</script", "<img", "<style", "<details", "<pre"} {
		if got, want := bytes.Count(got, []byte(element)), bytes.Count(clean, []byte(element)); got != want {
			t.Errorf("got %s %d times, want it %d times", element, got, want)
		}
	}
	if bytes.ContainsAny(got, "\x1b\u2028") {
		t.Error("got a control character")
	}
}

func TestThePolicyOfAPageForbidsRequests(t *testing.T) {
	t.Parallel()
	got := string(page(t, fleet(1)))
	match := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(got)
	if match == nil || !strings.HasPrefix(match[1], "default-src &#39;none&#39;; style-src &#39;sha256-") || strings.Contains(match[1], "unsafe") {
		t.Errorf("got %q, want a policy that allows only the style and the script of the page", match)
	}
	for _, reference := range []string{" src=", " href=", "url(", "@import", "fetch("} {
		if strings.Contains(got, reference) {
			t.Errorf("the page contains %q", reference)
		}
	}
}
