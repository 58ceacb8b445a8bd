package record_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// digest is one that is made of a hexadecimal digit.
func digest(digit string) oci.Digest {
	return must(oci.ParseDigest("sha256:" + strings.Repeat(digit, 64)))
}

func tag(text string) oci.Reference {
	return must(oci.ParseReference("registry.example.org/a/b:" + text))
}

func on(pipeline uint64) record.Origin {
	return record.Origin{Server: "https://gitlab.example.org", Pipeline: pipeline}
}

// begin is a release of an image that moves the tag latest.
func begin(o record.Origin, image, before string) record.Release {
	n := record.Release{Origin: o, Digest: digest(image), Inputs: "inputs of " + image, Wave: wave.Begin("1" + image), At: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}
	if before != "" {
		n.Tags = []record.Tag{{Reference: tag("latest"), Before: digest(before)}}
	}
	return n
}

func TestTheOrderOfReleases(t *testing.T) {
	t.Parallel()
	elsewhere := record.Origin{Server: "https://gitlab.example.com", Pipeline: 1}
	tests := map[string]struct {
		record record.Releases
		origin record.Origin
		want   bool
	}{
		"nothing was released":          {record.Releases{}, on(1), false},
		"an older pipeline":             {record.Releases{Origin: on(8)}, on(7), true},
		"the same pipeline":             {record.Releases{Origin: on(8)}, on(8), false},
		"a newer pipeline":              {record.Releases{Origin: on(8)}, on(9), false},
		"the same, and a person since":  {record.Releases{Origin: on(8), IsByPerson: true}, on(8), true},
		"a newer one, behind a person":  {record.Releases{Origin: on(8), IsByPerson: true}, on(9), false},
		"a person":                      {record.Releases{Origin: on(8)}, record.Origin{}, false},
		"a pipeline of another GitLab":  {record.Releases{Origin: on(8)}, elsewhere, false},
		"the highest id that there is":  {record.Releases{Origin: on(1<<63 - 1)}, on(1 << 62), true},
		"a record of a person, no more": {record.Releases{IsByPerson: true}, on(1), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.record.IsAfter(test.origin); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestTheNextRelease(t *testing.T) {
	t.Parallel()
	first := record.Releases{}.Next(begin(on(7), "a", "0"))
	done := first
	done.IsDone = true
	second := done.Next(begin(on(8), "b", "a"))
	tests := map[string]struct {
		got, want record.Releases
	}{
		"the first knows what was there": {first, record.Releases{
			Origin: on(7), Digest: digest("a"), Inputs: "inputs of a", Wave: wave.Begin("1a"), Tags: begin(on(7), "a", "0").Tags,
			At: first.At, Earlier: []record.Earlier{{Digest: digest("0")}},
		}},
		"another image": {second, record.Releases{
			Origin: on(8), Digest: digest("b"), Inputs: "inputs of b", Wave: wave.Begin("1b"), Tags: begin(on(8), "b", "a").Tags,
			At: first.At, Earlier: []record.Earlier{{Digest: digest("a"), Pipeline: 7, At: first.At}, {Digest: digest("0")}},
		}},
		"the same image goes on": {first.Next(record.Release{
			Origin: on(8), Digest: digest("a"), Inputs: "inputs of a", Wave: wave.Begin("8"), Tags: []record.Tag{{Reference: tag("latest"), Before: digest("a")}, {Reference: tag("new")}},
		}), record.Releases{
			Origin: on(8), Digest: digest("a"), Inputs: "inputs of a", Wave: wave.Begin("1a"),
			Tags: []record.Tag{{Reference: tag("latest"), Before: digest("0")}, {Reference: tag("new")}}, At: first.At, Earlier: first.Earlier,
		}},
		"one that was not completed is no earlier release": {first.Next(begin(on(8), "b", "a")), record.Releases{
			Origin: on(8), Digest: digest("b"), Inputs: "inputs of b", Wave: wave.Begin("1b"), Tags: begin(on(8), "b", "a").Tags, At: first.At, Earlier: first.Earlier,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(string(must(json.Marshal(test.want))), string(must(json.Marshal(test.got)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTenEarlierReleasesAreKept(t *testing.T) {
	t.Parallel()
	known := record.Releases{}
	digits := "0123456789abcdef"
	for i := range digits {
		known = known.Next(begin(on(uint64(i+1)), digits[i:i+1], ""))
	}
	known = known.Next(begin(on(20), "a", ""))
	if len(known.Earlier) != 10 || known.Earlier[0].Digest != digest("f") || known.Earlier[9].Digest != digest("5") {
		t.Errorf("got %v", known.Earlier)
	}
	for _, one := range known.Earlier {
		if one.Digest == known.Digest {
			t.Error("what is released now is an earlier release too")
		}
	}
}

func TestLinesHaveRecordsOfTheirOwn(t *testing.T) {
	t.Parallel()
	repository := must(oci.ParseRepository("registry.example.org/a/b"))
	long := strings.Repeat("x", 200)
	tests := map[string]struct {
		gitTag, branch, preset string
		want                   string
	}{
		"the default branch":              {"", "main", "main", "stemma-release"},
		"a machine":                       {"", "main", "", "stemma-release"},
		"no branch":                       {"", "", "main", "stemma-release"},
		"another branch":                  {"", "stable", "main", "stemma-release-stable"},
		"a git tag":                       {"v1.2.3", "", "main", "stemma-release-v1.2.3"},
		"a git tag with a slash":          {"rel/v1", "", "main", "stemma-release-rel_v1-6ddd941dad3f2887"},
		"a git tag with an underscore":    {"rel_v1", "", "main", "stemma-release-rel_v1"},
		"a git tag of the default branch": {"main", "", "main", "stemma-release-main"},
		"a long one":                      {long, "", "main", "stemma-release-" + long[:80] + "-aa20c23e32018340"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := record.LineOf(test.gitTag, test.branch, test.preset)
			if got := line.Releases(repository).Tag().String(); got != test.want || !record.IsRecord(got) || len(got) > 128 {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if got := line.Poked(repository).Tag().String(); got != strings.Replace(test.want, "release", "poked", 1) || !record.IsRecord(got) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestWhoIsStillToBeTold(t *testing.T) {
	t.Parallel()
	told := record.Poked{Origin: on(8), Left: []string{"a@main"}, Failed: []string{"b@main"}}
	if got := strings.Join(told.Remaining(on(8)), " "); got != "a@main b@main" {
		t.Errorf("a retry tells %s", got)
	}
	if got := strings.Join(told.Remaining(on(9)), " "); got != "a@main" {
		t.Errorf("a later pipeline tells %s", got)
	}
	if !told.IsAfter(on(7)) || told.IsAfter(on(8)) || told.IsAfter(record.Origin{Server: "https://other.example.org", Pipeline: 1}) {
		t.Error("the order is another one")
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	t.Parallel()
	long, pinned := strings.Repeat("a", 1001), digest("a").String()
	for content, want := range map[string]string{
		`null`:                            "is missing",
		`{"digest":"x"}`:                  `"x" is not a digest`,
		`{"digest":"DIGEST","wave":"A!"}`: "is not the id of a wave",
		`{"digest":"DIGEST","path":"a"}`:  "is not an image of a project",

		`{"digest":"DIGEST","server":"` + long + `"}`:                        "a text in it has 1001 bytes",
		`{"digest":"DIGEST","hold":{"reason":"` + long + `"}}`:               "a text in it has 1001 bytes",
		`{"digest":"DIGEST","earlier":[{}]}`:                                 "is missing",
		`{"digest":"DIGEST","tags":[{}]}`:                                    "is missing",
		`{"digest":"DIGEST","tags":[{"reference":"r.io/a@DIGEST"}]}`:         "want a tag, got a digest",
		`{"digest":"DIGEST","tags":[` + strings.Repeat(`{},`, 5000) + `{}]}`: "5001 tags",
	} {
		var r record.Releases
		if err := json.Unmarshal([]byte(strings.ReplaceAll(content, "DIGEST", pinned)), &r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", content, err, want)
		}
	}
	for content, want := range map[string]string{
		`{}`: "is missing",
		`{"digest":"DIGEST","left":["` + long + `"]}`:                          "a text in it has 1001 bytes",
		`{"digest":"DIGEST","failed":[` + strings.Repeat(`"",`, 5000) + `""]}`: "5001 dependents",
	} {
		var p record.Poked
		if err := json.Unmarshal([]byte(strings.ReplaceAll(content, "DIGEST", pinned)), &p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", content, err, want)
		}
	}
}

// FuzzRecord reads what anybody may have written. What is read is written the same way again.
func FuzzRecord(f *testing.F) {
	known := record.Releases{}.Next(begin(on(7), "a", "0"))
	known.Hold = &record.Hold{Inputs: "x", Reason: "y", By: "z", At: known.At}
	f.Add(must(json.Marshal(known)))
	f.Add(must(json.Marshal(record.Poked{Origin: on(7), Digest: digest("a"), Left: []string{"a@main"}})))
	f.Fuzz(func(t *testing.T, content []byte) {
		var known, again record.Releases
		if json.Unmarshal(content, &known) == nil {
			written := must(json.Marshal(known))
			if err := json.Unmarshal(written, &again); err != nil || !again.Equal(known) {
				t.Errorf("%s is read as %s: %v", content, written, err)
			}
			if known.IsZero() || len(known.Earlier) > 10 {
				t.Errorf("%s is taken for a record", content)
			}
		}
		var told, toldAgain record.Poked
		if json.Unmarshal(content, &told) == nil {
			if err := json.Unmarshal(must(json.Marshal(told)), &toldAgain); err != nil || !cmp.Equal(told, toldAgain, cmp.AllowUnexported(oci.Digest{}, wave.ID{}, wave.Path{}, wave.Name{})) {
				t.Errorf("%s is read as %v: %v", content, toldAgain, err)
			}
		}
	})
}
