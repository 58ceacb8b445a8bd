package picture_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
)

// area is what a box of the picture covers.
type area struct{ x, y, width, height float64 }

// drawn is what an SVG shows.
type drawn struct {
	size  area
	boxes []area
	lines int
	// backward is how many lines end left of where they begin.
	backward int
}

// read reads an SVG, and fails if it is not XML or has anything that could run.
func read(t *testing.T, source []byte) drawn {
	t.Helper()
	var d drawn
	decoder := xml.NewDecoder(bytes.NewReader(source))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return d
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attributes := map[string]string{}
		for _, attribute := range element.Attr {
			attributes[attribute.Name.Local] = attribute.Value
		}
		number := func(text string) float64 {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			return value
		}
		switch element.Name.Local {
		case "svg":
			d.size = area{width: number(attributes["width"]), height: number(attributes["height"])}
		case "g":
			x, y, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(attributes["transform"], "translate("), ")"), " ")
			d.boxes = append(d.boxes, area{x: number(x), y: number(y)})
		case "rect":
			if last := len(d.boxes) - 1; last >= 0 {
				d.boxes[last].width, d.boxes[last].height = number(attributes["width"]), number(attributes["height"])
			}
		case "path":
			d.lines++
			places := strings.Fields(strings.NewReplacer("M", " ", "C", " ", "L", " ").Replace(attributes["d"]))
			if number(places[0]) > number(places[len(places)-2]) {
				d.backward++
			}
		case "title", "desc", "style", "text":
		default:
			t.Fatalf("got an element %s", element.Name.Local)
		}
	}
}

func svg(t *testing.T, g picture.Graph) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := g.SVG(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBoxesOfAnSVGDoNotOverlap(t *testing.T) {
	t.Parallel()
	for name, g := range graphs() {
		d := read(t, svg(t, g))
		if len(d.boxes) < len(g.Images) {
			t.Errorf("%s: got %d boxes for %d images", name, len(d.boxes), len(g.Images))
		}
		for i, a := range d.boxes {
			if a.x+a.width > d.size.width || a.y+a.height > d.size.height {
				t.Errorf("%s: box %d is outside of the picture", name, i)
			}
			for j, b := range d.boxes[:i] {
				if a.x < b.x+b.width && b.x < a.x+a.width && a.y < b.y+b.height && b.y < a.y+a.height {
					t.Fatalf("%s: the boxes %d and %d overlap: %v, %v", name, i, j, a, b)
				}
			}
		}
	}
}

func TestAnSVGHasALineForEachParent(t *testing.T) {
	t.Parallel()
	if got := read(t, svg(t, graphs()["several parents"])).lines; got != 6 {
		t.Errorf("got %d lines, want 6", got)
	}
	if got := read(t, svg(t, graphs()["many children"])).lines; got != 1 {
		t.Errorf("got %d lines, want 1 to the frame around all children", got)
	}
}

func TestAnImageIsRightOfItsParents(t *testing.T) {
	t.Parallel()
	for name, g := range graphs() {
		if got := read(t, svg(t, g)).backward; got > 0 {
			t.Errorf("%s: %d lines lead to the left", name, got)
		}
	}
}

func TestAnSVGShowsDependents(t *testing.T) {
	t.Parallel()
	first, second := image("first"), image("second")
	first.Dependents, second.Dependents = []string{"team/app (main)"}, []string{"team/app (main)", "team/web (main)"}
	d := read(t, svg(t, picture.Graph{Images: []picture.Image{first, second}}))
	if len(d.boxes) != 4 || d.lines != 3 || d.backward > 0 {
		t.Errorf("got %d boxes and %d lines, %d of them to the left, want a box for each of 2 projects and 3 lines to them", len(d.boxes), d.lines, d.backward)
	}
}

func TestPicturesCountTheirImages(t *testing.T) {
	t.Parallel()
	for want, g := range map[string]picture.Graph{">0 images": {}, ">1 image": graphs()["one image"], ">4 images": graphs()["several parents"]} {
		if got := svg(t, g); !bytes.Contains(got, []byte(want+",")) {
			t.Errorf("got %s\nwant %s in it", got, want)
		}
		if got := page(t, g); !bytes.Contains(got, []byte(want+"<")) {
			t.Errorf("got %s\nwant %s in it", got, want)
		}
	}
}

func TestManyChildrenAreNotAColumn(t *testing.T) {
	t.Parallel()
	if size := read(t, svg(t, graphs()["many children"])).size; size.width > 8000 || size.height > 4000 {
		t.Errorf("the picture is %v wide and %v high", size.width, size.height)
	}
}

func TestManyParentsOfAnImageAreNotAColumn(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]int{"files of many images": 6, "many roots": 4, "many children of one image": 6} {
		d := read(t, svg(t, graphs()[name]))
		if d.size.width > 3000 || d.size.height > 1500 {
			t.Errorf("%s: the picture is %v wide and %v high", name, d.size.width, d.size.height)
		}
		if d.lines != lines {
			t.Errorf("%s: got %d lines, want %d: those of the many images begin and end at the frame around them", name, d.lines, lines)
		}
	}
}

func TestPicturesAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	for name, g := range graphs() {
		if !bytes.Equal(svg(t, g), svg(t, g)) {
			t.Errorf("%s: got different SVGs", name)
		}
		if !bytes.Equal(page(t, g), page(t, g)) {
			t.Errorf("%s: got different pages", name)
		}
	}
}
