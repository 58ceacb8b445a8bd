package picture_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

func base(name string) picture.Parent  { return picture.Parent{Name: name, Link: picture.Base} }
func files(name string) picture.Parent { return picture.Parent{Name: name, Link: picture.Files} }
func after(name string) picture.Parent { return picture.Parent{Name: name, Link: picture.After} }

func outside(name string) picture.Parent {
	return picture.Parent{Name: name, IsOutside: true, Link: picture.Base}
}

func image(name string, parents ...picture.Parent) picture.Image {
	return picture.Image{Name: name, Tag: "tag-of-" + name, Parents: parents}
}

func TestText(t *testing.T) {
	t.Parallel()
	changed, removed := image("changed", outside("debian:13")), image("removed", base("gone"))
	changed.State, changed.Notes, changed.Dependents = picture.Changed, []string{"packages: +cargo"}, []string{"team/app (main)"}
	removed.State = picture.Removed
	for name, test := range map[string]struct {
		images []picture.Image
		want   string
	}{
		"no image":  {nil, "no images\n"},
		"one image": {[]picture.Image{image("only")}, "only  tag-of-only\n"},
		"an image with several parents": {[]picture.Image{image("base", outside("debian:13")), image("tools", base("base")), image("app", base("base"), files("tools")), image("docs", after("app"))}, `debian:13
└─ base      tag-of-base
   ├─ tools  tag-of-tools
   │  └─ app  uses its files, shown under base
   └─ app    tag-of-app
      └─ docs  is built after it, shown as a root
docs         tag-of-docs
`},
		"only files": {[]picture.Image{image("a"), image("b", files("a"))}, "a  tag-of-a\n└─ b  uses its files, shown as a root\nb  tag-of-b\n"},
		"a change": {[]picture.Image{changed, removed}, `debian:13
└─ changed  tag-of-changed  changed; packages: +cargo
   └─ team/app (main)  is rebuilt in another project
gone
└─ removed  tag-of-removed  removed
`},
		"an outside parent with the name of an image": {[]picture.Image{image("a", outside("a"))}, "a\n└─ a  tag-of-a\n"},
		"control characters":                          {[]picture.Image{image("a\x1b[2J\nb")}, "a·[2J·b  tag-of-a·[2J·b\n"},
	} {
		if diff := cmp.Diff(test.want, picture.Graph{Images: test.images}.Text(terminal.Look{IsUTF8: true})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestADeepTreeShowsNamesAndTagsOnANarrowTerminal(t *testing.T) {
	t.Parallel()
	g := picture.Graph{Images: []picture.Image{image("i0")}}
	for i := 1; i < 30; i++ {
		g.Images = append(g.Images, image(fmt.Sprintf("i%d", i), base(fmt.Sprintf("i%d", i-1))))
	}
	for _, width := range []int{40, 80} {
		text := g.Text(terminal.Look{Width: width})
		for _, shown := range g.Images {
			if !strings.Contains(text, shown.Tag) {
				t.Errorf("%d columns: got\n%s\nwant %s in it", width, text, shown.Tag)
			}
		}
	}
}

func TestADeepTreeContinuesBelow(t *testing.T) {
	t.Parallel()
	g := picture.Graph{Images: []picture.Image{image("i0")}}
	for i := 1; i < 1000; i++ {
		g.Images = append(g.Images, image(fmt.Sprintf("i%d", i), base(fmt.Sprintf("i%d", i-1))))
	}
	text := g.Text(terminal.Look{})
	lines := strings.Split(text, "\n")
	if len(text) > 200_000 || strings.Count(text, "continues below") != 33 || !strings.Contains(lines[len(lines)-2], "-- i999 ") {
		t.Errorf("got %d bytes that end in %q, want each of 1000 images in a tree of limited depth", len(text), lines[len(lines)-2])
	}
}
