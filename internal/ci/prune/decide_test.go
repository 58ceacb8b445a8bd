package prune

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

var now = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// inputs are those of an image whose content tag has one digit, sixteen times.
func inputs(digit string) string { return strings.Repeat(digit, 64) }

// content is a content tag of the image rust that was built some days ago.
func content(digit string, days int, suffix string) tagged {
	return tagged{
		Image: "rust", Tag: inputs(digit)[:schema.ContentTagLength] + suffix, Digest: digest(digit + suffix),
		Labels: map[string]string{
			schema.LabelImage: "rust", schema.LabelInputs: inputs(digit), schema.LabelCreated: now.AddDate(0, 0, -days).Format(time.RFC3339),
		},
	}
}

// digest is another one for each text.
func digest(text string) oci.Digest {
	parsed, err := schema.ParseDigest("sha256:" + fmt.Sprintf("%064x", text)[:64])
	if err != nil {
		panic(err)
	}
	return parsed
}

func with(t tagged, label, value string) tagged {
	t.Labels = map[string]string{schema.LabelImage: t.Labels[schema.LabelImage], schema.LabelInputs: t.Labels[schema.LabelInputs], schema.LabelCreated: t.Labels[schema.LabelCreated]}
	t.Labels[label] = value
	return t
}

func tag(image, name string, days int) tagged {
	return tagged{Image: image, Tag: name, Digest: digest(name), Labels: map[string]string{schema.LabelCreated: now.AddDate(0, 0, -days).Format(time.RFC3339)}}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	newest := content("f", 0, "")
	newest.Labels[schema.LabelCreated] = now.AddDate(0, 0, -31).Format(time.RFC3339)
	failed := func(last string) tagged {
		return tagged{Image: "rust", Tag: schema.PrefixFailed + "a", Labels: map[string]string{schema.LabelFailed: `{"last":"` + last + `"}`}}
	}
	named := tag("rust", "stable", 90)
	named.Digest = content("a", 90, "").Digest
	child := with(content("b", 1, ""), schema.LabelParents, `[{"reference":"r.io/group/project/rust:a","digest":"`+content("a", 0, "").Digest.String()+`"}]`)
	tests := map[string]struct {
		tags []tagged
		// want are the reasons of all tags; nothing where a tag goes.
		want []string
	}{
		"a tag of a person":       {[]tagged{tag("rust", "v1", 900)}, []string{"it is no content tag"}},
		"the current tag":         {[]tagged{content("c", 900, ""), newest}, []string{"it is current", "it is the newest"}},
		"an old tag":              {[]tagged{content("a", 60, ""), newest}, []string{"", "it is the newest"}},
		"a tag of that very age":  {[]tagged{content("a", 30, ""), content("b", 29, "")}, []string{"", "it was built 29 days ago"}},
		"a tag that expired":      {[]tagged{with(content("a", 8, ""), schema.LabelExpiresAfter, "7d"), content("b", 6, "")}, []string{"", "it was built 6 days ago"}},
		"a tag that expires late": {[]tagged{with(content("a", 60, ""), schema.LabelExpiresAfter, "9w"), newest}, []string{"it was built 60 days ago, and expires after 9w", "it is the newest"}},
		"a tag that expires soon": {[]tagged{with(content("a", 6, ""), schema.LabelExpiresAfter, "7d"), newest}, []string{"it was built 6 days ago, and expires after 7d", ""}},
		"an expired newest":       {[]tagged{with(content("a", 8, ""), schema.LabelExpiresAfter, "7d")}, []string{"it is the newest"}},
		"an unknown expiry":       {[]tagged{with(content("a", 29, ""), schema.LabelExpiresAfter, "soon"), newest}, []string{"it was built 29 days ago", ""}},
		"a tag of two days":       {[]tagged{content("b", 2, "")}, []string{"it was built 2 days ago"}},
		"a tag of a day":          {[]tagged{content("b", 1, "")}, []string{"it was built 24 hours ago"}},
		"the newest of all":       {[]tagged{content("a", 60, ""), content("b", 50, "")}, []string{"", "it is the newest"}},
		"the newest snapshot":     {[]tagged{content("a", 60, "-20260901"), content("b", 50, "-20260911-101112"), newest}, []string{"", "it is the newest", "it is the newest"}},
		"another image's labels":  {[]tagged{with(content("a", 60, ""), schema.LabelImage, "go"), newest}, []string{"its labels do not say that it is what its tag promises", "it is the newest"}},
		"other inputs":            {[]tagged{with(content("a", 60, ""), schema.LabelInputs, inputs("b")), newest}, []string{"its labels do not say that it is what its tag promises", "it is the newest"}},
		"no time":                 {[]tagged{with(content("a", 60, ""), schema.LabelCreated, "yesterday"), newest}, []string{"its labels do not say when it was built", "it is the newest"}},
		"a tag that is released":  {[]tagged{content("a", 60, ""), newest, tag("rust", schema.PrefixReleased+content("a", 0, "").Tag, 60)}, []string{"other projects may use it", "it is the newest", "it is no content tag"}},
		"another image released":  {[]tagged{content("a", 60, ""), newest, tag("go", schema.PrefixReleased+content("a", 0, "").Tag, 60)}, []string{"", "it is the newest", "it is no content tag"}},
		"a tag with another name": {[]tagged{content("a", 60, ""), newest, named}, []string{"stable names it too", "it is the newest", "it is no content tag"}},
		"a parent of a young one": {[]tagged{content("a", 60, ""), newest, child}, []string{"rust:bbbbbbbbbbbbbbbb was built on it", "", "it was built 24 hours ago"}},
		"an old failure":          {[]tagged{failed("2026-10-20T00:00:00Z")}, []string{""}},
		"a new failure":           {[]tagged{failed("2026-10-22T00:00:00Z")}, []string{"it is young"}},
		"a failure without time":  {[]tagged{failed("soon")}, []string{"it does not say when it was written"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, v := range judge(test.tags, map[string][]string{"rust": {content("c", 0, "").Tag}}, 30*24*time.Hour, now) {
				if v.Stays != (v.Reason != "") {
					t.Errorf("%s stays is %t, and its reason is %q", v.Tag.Tag, v.Stays, v.Reason)
				}
				got = append(got, v.Reason)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheLogSaysWhatATagWas(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		schema.PrefixFailed + "a":                             "which remembers an old failure",
		schema.PrefixUntested + "a":                           "which remembers an old image without a tag",
		schema.PrefixTested + "0a-" + strings.Repeat("b", 32): "which records tests of an image that is gone",
		content("a", 0, "").Tag:                               "built 2026-11-20T00:00:00Z",
	}
	for name, want := range tests {
		if got := tag("rust", name, 0).origin(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
