package lint

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"
	"testing"
)

// shownPicture matches a picture in a page, with its alternative text.
var shownPicture = regexp.MustCompile(`!\[([^\]]*)\]\(([^)\s]+\.svg)\)`)

// TestPicturesAreShownWithText reads each picture as XML, and wants a page that shows it and says in words what it shows. A browser
// shows nothing of an SVG that is not well-formed.
func TestPicturesAreShownWithText(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, page := range pages(t) {
		for _, match := range shownPicture.FindAllStringSubmatch(prose(t, page), -1) {
			shown[path.Join(path.Dir(page), match[2])] = true
			if len(strings.Fields(match[1])) < 5 {
				t.Errorf("%s: the alternative text of %s is %q, want a sentence", page, match[2], match[1])
			}
		}
	}
	pictures := tracked(t, []string{"*.svg"})
	if len(pictures) == 0 {
		t.Fatal("got no pictures, want some")
	}
	for _, file := range pictures {
		if name := path.Clean(strings.TrimPrefix(file, top+"/")); !shown[name] {
			t.Errorf("no page shows %s", name)
		}
		elements, err := elementsOf(read(t, file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for _, want := range []string{"svg", "title", "desc", "style"} {
			if elements[want] != 1 {
				t.Errorf("%s has %d elements %s, want 1", file, elements[want], want)
			}
		}
	}
}

// elementsOf counts the elements of an XML document by name.
func elementsOf(source string) (map[string]int, error) {
	count := map[string]int{}
	decoder := xml.NewDecoder(strings.NewReader(source))
	for {
		switch token, err := decoder.Token(); {
		case errors.Is(err, io.EOF):
			return count, nil
		case err != nil:
			return nil, err
		default:
			if element, ok := token.(xml.StartElement); ok {
				count[element.Name.Local]++
			}
		}
	}
}
