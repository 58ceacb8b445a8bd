package record

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

// UnmarshalJSON implements json.Unmarshaler. The error says what no record has.
func (r *Releases) UnmarshalJSON(content []byte) error {
	type fields Releases // which has no UnmarshalJSON
	var read fields
	if err := decode(content, &read); err != nil {
		return err
	}
	if err := (*Releases)(&read).check(); err != nil {
		return err
	}
	*r = Releases(read)
	return nil
}

// check makes the references of tags explicit, and fails for what no record has.
func (r *Releases) check() error {
	var hold Hold
	if r.Hold != nil {
		hold = *r.Hold
	}
	err := cmp.Or(
		limitItems("tags", len(r.Tags), maxItems), limitItems("earlier releases", len(r.Earlier), maxEarlier),
		limitTexts(r.Server, r.Inputs, hold.Inputs, hold.Reason, hold.By),
	)
	if err != nil {
		return err
	}
	hasNoDigest := func(e Earlier) bool { return e.Digest.IsZero() }
	hasNoReference := func(t Tag) bool { return t.Reference.IsZero() }
	if r.Digest.IsZero() || slices.ContainsFunc(r.Earlier, hasNoDigest) || slices.ContainsFunc(r.Tags, hasNoReference) {
		return errIncomplete
	}
	for i := range r.Tags {
		t := &r.Tags[i]
		if t.Reference = t.Reference.Explicit(); t.Reference.Tag().IsZero() {
			return errors.New("want a tag, got a digest")
		}
	}
	return nil
}

// UnmarshalJSON implements json.Unmarshaler. The error says what no record has.
func (p *Poked) UnmarshalJSON(content []byte) error {
	type fields Poked // which has no UnmarshalJSON
	var read fields
	if err := decode(content, &read); err != nil {
		return err
	}
	err := cmp.Or(
		limitItems("dependents", max(len(read.Left), len(read.Failed)), maxItems),
		limitTexts(read.Server), limitTexts(read.Left...), limitTexts(read.Failed...),
	)
	if err == nil && read.Digest.IsZero() {
		err = errIncomplete
	}
	if err != nil {
		return err
	}
	*p = Poked(read)
	return nil
}

var errIncomplete = errors.New("a digest or a tag is missing in it")

func decode(content []byte, into any) error {
	if len(content) > maxBytes {
		return fmt.Errorf("it has %d bytes, and a record has at most %d", len(content), maxBytes)
	}
	return json.Unmarshal(content, into)
}

func limitItems(what string, number, most int) error {
	if number > most {
		return fmt.Errorf("it has %d %s, and a record has at most %d", number, what, most)
	}
	return nil
}

func limitTexts(texts ...string) error {
	for _, text := range texts {
		if len(text) > maxText {
			return fmt.Errorf("a text in it has %d bytes, and may have %d", len(text), maxText)
		}
	}
	return nil
}
