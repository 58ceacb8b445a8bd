// Package wave decides what a rebuild wave does: a wave begins at one image and travels through pokes to everything built on
// it. What it knows comes from variables that anyone may have set and from labels in registries, so nothing is trusted for
// more than choosing what to rebuild. It has no effects of its own.
package wave

import (
	"fmt"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// ID names a wave. The zero ID is none.
type ID struct{ text string }

// No pattern counts: such a pattern is slow to compile.
var (
	idPattern   = pattern.Lazy(`^[a-z0-9][a-z0-9.-]*$`)
	namePattern = pattern.Lazy(`^[a-z0-9_.][a-z0-9_.-]*(/[a-z0-9_.][a-z0-9_.-]*)+$`)
)

const maxID = 64

// ParseID reads a wave's id. Nothing is the zero ID.
func ParseID(text string) (ID, error) {
	if text != "" && (len(text) > maxID || !idPattern().MatchString(text)) {
		return ID{}, fmt.Errorf("%s is not the id of a wave: it has lower-case letters, digits, '.' and '-', at most 64 of them", quote(text))
	}
	return ID{text}, nil
}

// Begin returns the id of the wave that a pipeline begins; pipeline is its id on GitLab. A job that runs twice names the same
// wave. Without a usable pipeline there is no wave, the zero ID.
func Begin(pipeline string) ID {
	id, err := ParseID(pipeline)
	if err != nil || id.IsZero() {
		return ID{}
	}
	return ID{"p" + id.text}
}

// BeginAt returns the id of the wave that somebody begins outside of any pipeline, by the time to the second.
func BeginAt(t time.Time) ID { return ID{"t" + t.UTC().Format("20060102-150405")} }

// IsZero reports whether there is no wave.
func (id ID) IsZero() bool { return id.text == "" }

// String returns the id in the form that ParseID reads.
func (id ID) String() string { return id.text }

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.text), nil }

// UnmarshalText reads an id as ParseID does.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

// Name is an image as waves call it: its project's path, a slash and its name there, in lower case. The zero Name is none.
type Name struct{ text string }

// maxName is how long a Name may be: GitLab's paths end at 255 characters.
const maxName = 400

// ParseName reads "group/project/image" in any case. Nothing is the zero Name.
func ParseName(text string) (Name, error) {
	lower := strings.ToLower(text)
	if text != "" && (len(text) > maxName || !namePattern().MatchString(lower)) {
		return Name{}, fmt.Errorf("%s is not an image of a project: write group/project/image", quote(text))
	}
	return Name{lower}, nil
}

// NameOf is the name of a project's image.
func NameOf(project, image string) (Name, error) {
	if project == "" || image == "" {
		return Name{}, fmt.Errorf("the image %s of the project %s has no name", quote(image), quote(project))
	}
	return ParseName(project + "/" + image)
}

// IsZero reports whether there is no name.
func (n Name) IsZero() bool { return n.text == "" }

// String returns the name in the form that ParseName reads.
func (n Name) String() string { return n.text }

// quote shows text that may hold anything, and not all of it where it is long.
func quote(text string) string {
	const most = 80
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
