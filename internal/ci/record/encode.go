package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Whoever may push to the repository may write the records, so they are read strictly and within limits.
const (
	// maxBytes is how long a record may be.
	maxBytes = 1 << 20
	// maxItems is how many tags or dependents it may have.
	maxItems = 5000
	// maxText is how long, in bytes, each text in it may be.
	maxText = 1000
)

// written is the JSON of a Releases.
type written struct {
	Server   string           `json:"server,omitempty"`
	Pipeline uint64           `json:"pipeline,omitempty"`
	ByPerson bool             `json:"byPerson,omitempty"`
	Digest   string           `json:"digest"`
	Inputs   string           `json:"inputs,omitempty"`
	Wave     string           `json:"wave,omitempty"`
	Path     string           `json:"path,omitempty"`
	Tags     []writtenTag     `json:"tags,omitempty"`
	Done     bool             `json:"done"`
	At       time.Time        `json:"at,omitzero"`
	Hold     *writtenHold     `json:"hold,omitempty"`
	Earlier  []writtenEarlier `json:"earlier,omitempty"`
}

type writtenTag struct {
	Reference string `json:"reference"`
	Before    string `json:"before,omitempty"`
}

type writtenHold struct {
	Inputs string    `json:"inputs,omitempty"`
	Reason string    `json:"reason"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

type writtenEarlier struct {
	Digest   string    `json:"digest"`
	Pipeline uint64    `json:"pipeline,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// MarshalJSON implements json.Marshaler.
func (r Releases) MarshalJSON() ([]byte, error) {
	w := written{
		Server: r.Server, Pipeline: r.Pipeline, ByPerson: r.IsByPerson, Digest: r.Digest.String(), Inputs: r.Inputs,
		Wave: r.Wave.String(), Path: r.Path.String(), Done: r.IsDone, At: r.At,
	}
	for _, t := range r.Tags {
		w.Tags = append(w.Tags, writtenTag{t.Reference.String(), t.Before.String()})
	}
	if r.Hold != nil {
		hold := writtenHold(*r.Hold)
		w.Hold = &hold
	}
	for _, e := range r.Earlier {
		w.Earlier = append(w.Earlier, writtenEarlier{e.Digest.String(), e.Pipeline, e.At})
	}
	return json.Marshal(w)
}

// UnmarshalJSON implements json.Unmarshaler. The error says what no record has.
func (r *Releases) UnmarshalJSON(content []byte) error {
	var w written
	if err := decode(content, &w); err != nil {
		return err
	}
	p := parser{}
	read := Releases{
		Origin: Origin{Server: p.text(w.Server), Pipeline: w.Pipeline}, IsByPerson: w.ByPerson,
		Digest: p.digest(w.Digest), Inputs: p.text(w.Inputs), Wave: p.wave(w.Wave), Path: p.path(w.Path), IsDone: w.Done, At: w.At,
	}
	p.limit("tags", len(w.Tags), maxItems)
	p.limit("earlier releases", len(w.Earlier), maxEarlier)
	if p.err != nil {
		return p.err
	}
	for _, t := range w.Tags {
		read.Tags = append(read.Tags, Tag{p.tag(t.Reference), p.digestOrNone(t.Before)})
	}
	for _, e := range w.Earlier {
		read.Earlier = append(read.Earlier, Earlier{p.digest(e.Digest), e.Pipeline, e.At})
	}
	if w.Hold != nil {
		read.Hold = &Hold{Inputs: p.text(w.Hold.Inputs), Reason: p.text(w.Hold.Reason), By: p.text(w.Hold.By), At: w.Hold.At}
	}
	if p.err != nil {
		return p.err
	}
	*r = read
	return nil
}

// writtenPoked is the JSON of a Poked.
type writtenPoked struct {
	Server   string   `json:"server,omitempty"`
	Pipeline uint64   `json:"pipeline"`
	Digest   string   `json:"digest"`
	Wave     string   `json:"wave"`
	Path     string   `json:"path,omitempty"`
	Left     []string `json:"left,omitempty"`
	Failed   []string `json:"failed,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (p Poked) MarshalJSON() ([]byte, error) {
	return json.Marshal(writtenPoked{p.Server, p.Pipeline, p.Digest.String(), p.Wave.String(), p.Path.String(), p.Left, p.Failed})
}

// UnmarshalJSON implements json.Unmarshaler. The error says what no record has.
func (p *Poked) UnmarshalJSON(content []byte) error {
	var w writtenPoked
	if err := decode(content, &w); err != nil {
		return err
	}
	s := parser{}
	read := Poked{
		Origin: Origin{Server: s.text(w.Server), Pipeline: w.Pipeline}, Digest: s.digest(w.Digest), Wave: s.wave(w.Wave), Path: s.path(w.Path),
		Left: s.texts(w.Left), Failed: s.texts(w.Failed),
	}
	if s.err != nil {
		return s.err
	}
	*p = read
	return nil
}

func decode(content []byte, into any) error {
	if len(content) > maxBytes {
		return fmt.Errorf("it has %d bytes, and a record has at most %d", len(content), maxBytes)
	}
	return json.Unmarshal(content, into)
}

// parser parses the values of a record and remembers the first error.
type parser struct{ err error }

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *parser) limit(what string, number, most int) {
	if number > most {
		p.fail(fmt.Errorf("it has %d %s, and a record has at most %d", number, what, most))
	}
}

func (p *parser) text(text string) string {
	if len(text) > maxText {
		p.fail(fmt.Errorf("a text in it has %d bytes, and may have %d", len(text), maxText))
	}
	return text
}

func (p *parser) texts(all []string) []string {
	p.limit("dependents", len(all), maxItems)
	for _, text := range all {
		p.text(text)
	}
	return all
}

func (p *parser) digest(text string) oci.Digest {
	digest, err := oci.ParseDigest(p.text(text))
	if err != nil {
		p.fail(err)
	}
	return digest
}

func (p *parser) digestOrNone(text string) oci.Digest {
	if text == "" {
		return oci.Digest{}
	}
	return p.digest(text)
}

func (p *parser) tag(text string) oci.Reference {
	reference, err := oci.ParseReference(p.text(text))
	switch {
	case err != nil:
		p.fail(err)
	case reference.Tag().IsZero():
		p.fail(errors.New("want a tag, got a digest"))
	}
	return reference
}

func (p *parser) wave(text string) wave.ID {
	id, err := wave.ParseID(text)
	if err != nil {
		p.fail(err)
	}
	return id
}

func (p *parser) path(text string) wave.Path {
	path, err := wave.ParsePath(text)
	if err != nil {
		p.fail(err)
	}
	return path
}
