package release_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/release"
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

func on(pipeline uint64) release.Origin {
	return release.Origin{Server: "https://gitlab.example.org", Pipeline: pipeline}
}

// begin is a release of an image that moves the tag latest.
func begin(o release.Origin, image, before string) release.Release {
	n := release.Release{Origin: o, Digest: digest(image), Inputs: "inputs of " + image, Wave: wave.Begin("1" + image), At: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}
	if before != "" {
		n.Tags = []release.Tag{{Reference: tag("latest"), Before: digest(before)}}
	}
	return n
}

func TestTheOrderOfReleases(t *testing.T) {
	t.Parallel()
	elsewhere := release.Origin{Server: "https://gitlab.example.com", Pipeline: 1}
	tests := map[string]struct {
		record release.Record
		origin release.Origin
		want   bool
	}{
		"nothing was released":          {release.Record{}, on(1), false},
		"an older pipeline":             {release.Record{Origin: on(8)}, on(7), true},
		"the same pipeline":             {release.Record{Origin: on(8)}, on(8), false},
		"a newer pipeline":              {release.Record{Origin: on(8)}, on(9), false},
		"the same, and a person since":  {release.Record{Origin: on(8), IsByPerson: true}, on(8), true},
		"a newer one, behind a person":  {release.Record{Origin: on(8), IsByPerson: true}, on(9), false},
		"a person":                      {release.Record{Origin: on(8)}, release.Origin{}, false},
		"a pipeline of another GitLab":  {release.Record{Origin: on(8)}, elsewhere, false},
		"the highest id that there is":  {release.Record{Origin: on(1<<63 - 1)}, on(1 << 62), true},
		"a record of a person, no more": {release.Record{IsByPerson: true}, on(1), false},
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
	first := release.Record{}.Next(begin(on(7), "a", "0"))
	done := first
	done.IsDone = true
	second := done.Next(begin(on(8), "b", "a"))
	tests := map[string]struct {
		got, want release.Record
	}{
		"the first knows what was there": {first, release.Record{
			Origin: on(7), Digest: digest("a"), Inputs: "inputs of a", Wave: wave.Begin("1a"), Tags: begin(on(7), "a", "0").Tags,
			At: first.At, Earlier: []release.Earlier{{Digest: digest("0")}},
		}},
		"another image": {second, release.Record{
			Origin: on(8), Digest: digest("b"), Inputs: "inputs of b", Wave: wave.Begin("1b"), Tags: begin(on(8), "b", "a").Tags,
			At: first.At, Earlier: []release.Earlier{{Digest: digest("a"), Pipeline: 7, At: first.At}, {Digest: digest("0")}},
		}},
		"the same image goes on": {first.Next(release.Release{
			Origin: on(8), Digest: digest("a"), Inputs: "inputs of a", Wave: wave.Begin("8"), Tags: []release.Tag{{Reference: tag("latest"), Before: digest("a")}, {Reference: tag("new")}},
		}), release.Record{
			Origin: on(8), Digest: digest("a"), Inputs: "inputs of a", Wave: wave.Begin("1a"),
			Tags: []release.Tag{{Reference: tag("latest"), Before: digest("0")}, {Reference: tag("new")}}, At: first.At, Earlier: first.Earlier,
		}},
		"one that was not completed is no earlier release": {first.Next(begin(on(8), "b", "a")), release.Record{
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
	record := release.Record{}
	digits := "0123456789abcdef"
	for i := range digits {
		record = record.Next(begin(on(uint64(i+1)), digits[i:i+1], ""))
	}
	record = record.Next(begin(on(20), "a", ""))
	if len(record.Earlier) != 10 || record.Earlier[0].Digest != digest("f") || record.Earlier[9].Digest != digest("5") {
		t.Errorf("got %v", record.Earlier)
	}
	for _, one := range record.Earlier {
		if one.Digest == record.Digest {
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
			line := release.LineOf(test.gitTag, test.branch, test.preset)
			if got := line.Record(repository).Tag(); got != test.want || !release.IsRecord(got) || len(got) > 128 {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if got := line.Poked(repository).Tag(); got != strings.Replace(test.want, "release", "poked", 1) || !release.IsRecord(got) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestWhoIsStillToBeTold(t *testing.T) {
	t.Parallel()
	told := release.Poked{Origin: on(8), Left: []string{"a@main"}, Failed: []string{"b@main"}}
	if got := strings.Join(told.Remaining(on(8)), " "); got != "a@main b@main" {
		t.Errorf("a retry tells %s", got)
	}
	if got := strings.Join(told.Remaining(on(9)), " "); got != "a@main" {
		t.Errorf("a later pipeline tells %s", got)
	}
	if !told.IsAfter(on(7)) || told.IsAfter(on(8)) || told.IsAfter(release.Origin{Server: "https://other.example.org", Pipeline: 1}) {
		t.Error("the order is another one")
	}
}

// FuzzRecord reads what anybody may have written. What is read is written the same way again.
func FuzzRecord(f *testing.F) {
	record := release.Record{}.Next(begin(on(7), "a", "0"))
	record.Hold = &release.Hold{Inputs: "x", Reason: "y", By: "z", At: record.At}
	f.Add(must(json.Marshal(record)))
	f.Add(must(json.Marshal(release.Poked{Origin: on(7), Digest: digest("a"), Left: []string{"a@main"}})))
	f.Fuzz(func(t *testing.T, content []byte) {
		var record, again release.Record
		if json.Unmarshal(content, &record) == nil {
			written := must(json.Marshal(record))
			if err := json.Unmarshal(written, &again); err != nil || !again.Equal(record) {
				t.Errorf("%s is read as %s: %v", content, written, err)
			}
			if record.IsZero() || len(record.Earlier) > 10 {
				t.Errorf("%s is taken for a record", content)
			}
		}
		var told, toldAgain release.Poked
		if json.Unmarshal(content, &told) == nil {
			if err := json.Unmarshal(must(json.Marshal(told)), &toldAgain); err != nil || !cmp.Equal(told, toldAgain, cmp.AllowUnexported(oci.Digest{}, wave.ID{}, wave.Path{}, wave.Name{})) {
				t.Errorf("%s is read as %v: %v", content, toldAgain, err)
			}
		}
	})
}
