package prune

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// tagged is a tag of an image, with what the registry has for it.
type tagged struct {
	Image, Tag string
	at         oci.Reference
	Digest     oci.Digest
	// Labels are those of the image, or of its first platform; Parts are the digests of its platforms.
	Labels map[string]string
	Parts  []oci.Digest
}

// verdict says whether a tag stays, and why.
type verdict struct {
	Tag    tagged
	Stays  bool
	Reason string
}

// contentTag matches a content tag, with the suffix that it has in a snapshot.
var contentTag = pattern.Lazy(`^([0-9a-f]{` + strconv.Itoa(schema.ContentTagLength) + `})(-\d{8}(-\d{6})?)?$`)

// isOurs reports whether stemma set a tag by itself, so that it may be removed.
func (t tagged) isOurs() bool { return t.isRecord() || contentTag().MatchString(t.Tag) }

// origin describes a tag for the log.
func (t tagged) origin() string {
	switch {
	case t.isFailure():
		return "which remembers an old failure"
	case t.isUntested():
		return "which remembers an old image without a tag"
	case t.isTest():
		return "which records tests of an image that is gone"
	default:
		return "built " + terminal.Line(t.Labels[schema.LabelCreated])
	}
}

// promises reports whether a content tag says that an image is made of the inputs.
func (t tagged) promises(inputs string) bool {
	parts := contentTag().FindStringSubmatch(t.Tag)
	return parts != nil && strings.HasPrefix(inputs, parts[1])
}

// line is the group of tags whose newest stays: the builds of an image, or its snapshots.
func (t tagged) line() string {
	if len(t.Tag) > schema.ContentTagLength {
		return t.Image + " snapshots"
	}
	return t.Image
}

// judge decides which tags stay: those that a person or a release has set, current and young ones, those that other projects may use, and
// the parents of images that stay. A record of tests stays with its image.
func judge(tags []tagged, current map[string][]string, keep time.Duration, now time.Time) []verdict {
	verdicts := make([]verdict, len(tags))
	newest, released := newestOf(tags), releasedTags(tags)
	others := map[oci.Digest]string{}
	for _, t := range tags {
		if !t.isOurs() {
			others[t.Digest] = t.Tag
		}
	}
	for i, t := range tags {
		reason := t.reason(current[t.Image], newest[t.line()], keep, now)
		if reason == "" && slices.Contains(released[t.Image], t.Tag) {
			reason = "other projects may use it"
		}
		if other, ok := others[t.Digest]; ok && reason == "" {
			reason = other + " names it too"
		}
		verdicts[i] = verdict{Tag: t, Stays: reason != "", Reason: reason}
	}
	keepParents(verdicts)
	keepTested(verdicts)
	return verdicts
}

// reason says why a tag stays, whatever other tags there are; it is empty if only another tag can be a reason.
func (t tagged) reason(current []string, newest string, keep time.Duration, now time.Time) string {
	created := provenance.Created(t.Labels)
	switch {
	case !t.isOurs():
		return "it is no content tag"
	case t.isRecord():
		return t.recordReason(keep, now)
	case slices.Contains(current, t.Tag):
		return "it is current"
	case t.Labels[schema.LabelImage] != t.Image || !t.promises(t.Labels[schema.LabelInputs]):
		return "its labels do not say that it is what its tag promises"
	case created.IsZero():
		return "its labels do not say when it was built"
	}
	if reason := t.ageReason(now.Sub(created), keep); reason != "" {
		return reason
	}
	if t.Tag == newest {
		return "it is the newest"
	}
	return ""
}

// ageReason says why a tag stays at an age: it has not reached the age at which its image expires, or the general one if the image says
// nothing.
func (t tagged) ageReason(age, keep time.Duration) string {
	reason := "it was built " + days(age) + " ago"
	if own, err := ParseAge(t.Labels[schema.LabelExpiresAfter]); err == nil {
		keep, reason = own, reason+", and expires after "+terminal.Line(t.Labels[schema.LabelExpiresAfter])
	}
	if age >= keep {
		return ""
	}
	return reason
}

// newestOf are the content tags that were built last, by line.
func newestOf(tags []tagged) map[string]string {
	newest, when := map[string]string{}, map[string]time.Time{}
	for _, t := range tags {
		if created := provenance.Created(t.Labels); contentTag().MatchString(t.Tag) && created.After(when[t.line()]) {
			newest[t.line()], when[t.line()] = t.Tag, created
		}
	}
	return newest
}

// keepParents keeps the parents of images that stay, and their parents.
func keepParents(verdicts []verdict) {
	holders := map[string][]int{}
	for i, v := range verdicts {
		for _, digest := range append([]oci.Digest{v.Tag.Digest}, v.Tag.Parts...) {
			holders[digest.String()] = append(holders[digest.String()], i)
		}
	}
	var next []int
	for i, v := range verdicts {
		if v.Stays {
			next = append(next, i)
		}
	}
	for len(next) > 0 {
		child := verdicts[next[len(next)-1]].Tag
		next = next[:len(next)-1]
		for _, parent := range provenance.Parents(child.Labels) {
			for _, i := range holders[parent.Digest] {
				if !verdicts[i].Stays {
					verdicts[i].Stays, verdicts[i].Reason = true, child.Image+":"+child.Tag+" was built on it"
					next = append(next, i)
				}
			}
		}
	}
}

// days is an age for people.
func days(age time.Duration) string {
	if age < 48*time.Hour {
		return strconv.Itoa(int(age.Hours())) + " hours"
	}
	return strconv.Itoa(int(age.Hours()/24)) + " days"
}
