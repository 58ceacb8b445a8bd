package prune

import (
	"encoding/json"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// isFailure, isUntested and isTest report what a tag that names no image records, see schema.PrefixFailed, schema.PrefixUntested and
// schema.PrefixTested.
func (t tagged) isFailure() bool  { return strings.HasPrefix(t.Tag, schema.PrefixFailed) }
func (t tagged) isUntested() bool { return strings.HasPrefix(t.Tag, schema.PrefixUntested) }
func (t tagged) isTest() bool     { return testRecord().MatchString(t.Tag) }

// isRecord reports whether a tag is a record that may be deleted. Those of releases and pokes never are: they say how to go on.
func (t tagged) isRecord() bool { return t.isFailure() || t.isUntested() || t.isTest() }

// testRecord matches the tag of a record of tests: the key of the tests and the beginning of the image's digest.
var testRecord = pattern.Lazy(`^` + schema.PrefixTested + `[0-9a-f]+-([0-9a-f]{32})$`)

// recorded is when a record was written, or its failure happened.
func (t tagged) recorded() (time.Time, error) {
	if !t.isFailure() {
		return time.Parse(time.RFC3339, t.Labels[schema.LabelCreated])
	}
	var a wave.Attempts
	err := json.Unmarshal([]byte(t.Labels[schema.LabelFailed]), &a)
	return a.Last, err
}

// recordReason says why a record stays even without its image; it is empty otherwise.
func (t tagged) recordReason(keep time.Duration, now time.Time) string {
	at, err := t.recorded()
	switch {
	case err == nil && now.Sub(at) < keep:
		return "it is young"
	case err != nil && !t.isTest():
		return "it does not say when it was written"
	default:
		return ""
	}
}

// keepTested keeps the records of tests that images which stay have passed.
func keepTested(verdicts []verdict) {
	stay := map[string]bool{}
	for _, v := range verdicts {
		if v.Stays {
			for _, digest := range append([]oci.Digest{v.Tag.Digest}, v.Tag.Parts...) {
				stay[tested.DigestDigits(digest)] = true
			}
		}
	}
	for i, v := range verdicts {
		if match := testRecord().FindStringSubmatch(v.Tag.Tag); match != nil && stay[match[1]] {
			verdicts[i].Stays, verdicts[i].Reason = true, "its image stays"
		}
	}
}

// releasedTags are the content tags that other projects may use, by image, as records in the registry say.
func releasedTags(tags []tagged) map[string][]string {
	released := map[string][]string{}
	for _, t := range tags {
		if tag, ok := strings.CutPrefix(t.Tag, schema.PrefixReleased); ok {
			released[t.Image] = append(released[t.Image], tag)
		}
	}
	return released
}
