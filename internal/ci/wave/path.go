package wave

import (
	"fmt"
	"slices"
	"strings"
)

// MaxDepth is how many images a wave passes one after the other.
const MaxDepth = 64

// Path is the images that a wave came by, the one where it began first.
type Path struct{ names []Name }

// ParsePath reads names with commas between them. Nothing is the empty path.
func ParsePath(text string) (Path, error) {
	if text == "" {
		return Path{}, nil
	}
	if strings.Count(text, ",") >= MaxDepth {
		return Path{}, fmt.Errorf("the path of the wave has more than %d images", MaxDepth)
	}
	var p Path
	for part := range strings.SplitSeq(text, ",") {
		name, err := ParseName(part)
		if err != nil {
			return Path{}, fmt.Errorf("the path of the wave: %w", err)
		}
		if name.IsZero() {
			return Path{}, fmt.Errorf("the path of the wave %s has an empty name", quote(text))
		}
		p.names = append(p.names, name)
	}
	return p, nil
}

// Visit returns the path with one more image. The error is a CycleError where the wave was there before, and a DepthError
// where it has come too far.
func (p Path) Visit(name Name) (Path, error) {
	if i := slices.Index(p.names, name); i >= 0 {
		return Path{}, CycleError{append(slices.Clone(p.names[i:]), name)}
	}
	if len(p.names) >= MaxDepth {
		return Path{}, DepthError{First: p.names[0], Last: name}
	}
	return Path{append(slices.Clip(p.names), name)}, nil
}

// Has reports whether the wave came by an image.
func (p Path) Has(name Name) bool { return !name.IsZero() && slices.Contains(p.names, name) }

// String returns the path in the form that ParsePath reads.
func (p Path) String() string { return join(p.names, ",") }

// MarshalText implements encoding.TextMarshaler.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a path as ParsePath does.
func (p *Path) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePath(string(text))
	return err
}

func join(names []Name, separator string) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = name.text
	}
	return strings.Join(texts, separator)
}

// CycleError says that a wave came back to an image. Names begin and end with it.
type CycleError struct{ Names []Name }

// Error names the cycle.
func (e CycleError) Error() string {
	return fmt.Sprintf("the wave came back to %s: %s; take one of these images out of another's dependents", e.Names[0], join(e.Names, " → "))
}

// DepthError says that a wave has passed MaxDepth images.
type DepthError struct{ First, Last Name }

// Error says where the wave stopped.
func (e DepthError) Error() string {
	return fmt.Sprintf("the wave that began at %s stops at %s: it has passed %d images", e.First, e.Last, MaxDepth)
}

// Poke is what a poked pipeline is told. The zero Poke is none.
type Poke struct {
	// By is the image that was rebuilt.
	By   Name
	Wave ID
	// Path ends with By where it is known.
	Path Path
}

// ReadPoke reads the three variables of a poke; each may be empty.
func ReadPoke(by, id, path string) (poke Poke, err error) {
	if poke.By, err = ParseName(by); err != nil {
		return Poke{}, err
	}
	if poke.Wave, err = ParseID(id); err != nil {
		return Poke{}, err
	}
	if poke.Path, err = ParsePath(path); err != nil {
		return Poke{}, err
	}
	return poke, nil
}

// IsZero reports whether nobody poked.
func (p Poke) IsZero() bool { return p.By.IsZero() }

// reached reports whether an image is known to have been rebuilt in the wave, or to be where it began.
func (p Poke) reached(image Image) bool {
	if !image.Wave.IsZero() && image.Wave == p.Wave {
		return true
	}
	return !image.Name.IsZero() && image.Name == p.By || p.Path.Has(image.Name)
}
