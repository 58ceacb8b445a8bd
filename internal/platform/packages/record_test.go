package packages

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestARecordHasTheWholeList(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Listing{
		"packages":              listing("dpkg", "a 1 x, a 1 y, b 1:2~rc1+dfsg-3 all config-files"),
		"an image from scratch": {Databases: []Database{}},
		"two databases":         {Databases: append(listing("rpm", "a 1 x").Databases, Database{Format: "dpkg", Path: "var/lib/dpkg/status", Packages: []Package{}})},
	} {
		record, err := want.Record()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := ParseRecord(record)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

// many is a listing of packages with random versions, which are hard to compress.
func many(n int) Listing {
	random := rand.New(rand.NewPCG(1, 2))
	d := Database{Format: "dpkg", Path: "var/lib/dpkg/status"}
	for i := range n {
		d.Packages = append(d.Packages, Package{Name: "package-" + strconv.Itoa(i), Version: strconv.FormatUint(random.Uint64(), 36), Architecture: "amd64"})
	}
	return Listing{Databases: []Database{d}}
}

func TestWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		list Listing
		want string
	}{
		"unknown packages":          {Listing{Problem: "no database"}, "no database"},
		"a damaged database":        {Listing{Databases: []Database{{Format: "rpm", Path: "x", Problem: "it is damaged"}}}, "it is damaged"},
		"an enormous list":          {many(10_000), "more than 64 KiB"},
		"a name that colours a log": {listing("dpkg", "a\x1b[31m 1 x"), `no package has the name "a\x1b[31m"`},
		"a version of many lines":   {Listing{Databases: []Database{{Packages: []Package{{Name: "a", Version: "1\n2"}}}}}, `the version "1\n2"`},
		"a long name":               {listing("dpkg", strings.Repeat("a", 300)+" 1 x"), "no package has the name"},
		"a package without a name":  {Listing{Databases: []Database{{Packages: []Package{{Version: "1"}}}}}, `no package has the name ""`},
		"a path with a line end":    {Listing{Databases: []Database{{Path: "a\nb"}}}, "no database has the path"},
		"one name for all":          {listing("rpm", strings.TrimSuffix(strings.Repeat("a 1 x, ", 101), ", ")), `more than 100 packages have the name "a"`},
	}
	for name, test := range tests {
		if record, err := test.list.Record(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %d bytes and %v, want an error with %q", name, len(record), err, test.want)
		}
	}
}

// recorded is a record with any content.
func recorded(content string) string {
	var text bytes.Buffer
	compressed := gzip.NewWriter(&text)
	if _, err := compressed.Write([]byte(content)); err != nil || compressed.Close() != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(text.Bytes())
}

func TestRecordsThatAreRefused(t *testing.T) {
	t.Parallel()
	sound := recorded(`[{"format":"dpkg","path":"x","packages":[{"name":"a","version":"1"}]}]`)
	if _, err := ParseRecord(sound); err != nil {
		t.Error(err)
	}
	var databases []string
	for range 101 { // Compare looks at all packages of a name and format together
		databases = append(databases, `{"format":"dpkg","packages":[{"name":"a"}]}`)
	}
	for name, record := range map[string]string{
		"nothing":                    "",
		"no base64":                  "a list of packages",
		"no gzip":                    base64.StdEncoding.EncodeToString([]byte("[]")),
		"half a record":              sound[:len(sound)/2],
		"a bomb":                     recorded(strings.Repeat(" ", 2<<20)),
		"a long record":              strings.Repeat("A", 70<<10),
		"no JSON":                    recorded("a"),
		"another kind of JSON":       recorded(`{"packages":[]}`),
		"a name that controls a log": recorded(`[{"packages":[{"name":"a\u001b[31m"}]}]`),
		"an invisible version":       recorded(`[{"packages":[{"name":"a","version":"1\u202e"}]}]`),
		"a package without a name":   recorded(`[{"packages":[{}]}]`),
		"a problem":                  recorded(`[{"problem":"damaged","packages":[]}]`),
		"one name for all":           recorded("[" + strings.Join(databases, ",") + "]"),
	} {
		if got, err := ParseRecord(record); err == nil {
			t.Errorf("%s: got %v, want an error", name, got)
		}
	}
}

// FuzzParseRecord parses any content. What it accepts can be compared and recorded again.
func FuzzParseRecord(f *testing.F) {
	f.Add([]byte(`[{"format":"dpkg","path":"x","packages":[{"name":"a","version":"1","architecture":"all","state":"config-files"}]}]`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := ParseRecord(recorded(string(content)))
		if err != nil {
			return
		}
		if changes, err := Compare(got, got); err != nil || len(changes) > 0 {
			t.Errorf("%v differs from itself: %v, %v", got, changes, err)
		}
		again, err := got.Record()
		if err != nil {
			if !strings.Contains(err.Error(), "more than 64 KiB") { // another compression may make a longer record
				t.Error(err)
			}
			return
		}
		if parsed, err := ParseRecord(again); err != nil || fmt.Sprint(parsed) != fmt.Sprint(got) {
			t.Errorf("got %v and %v, want %v", parsed, err, got)
		}
	})
}

func TestLinesOfChanges(t *testing.T) {
	t.Parallel()
	changes, err := Compare(
		listing("dpkg", "a 1 x, b 2 x, c 3 x, d 4 x, e 5 x, f 6 x"),
		listing("dpkg", "b 1 x, c 4 x, d 4 all, e 5 x half-installed, f 6 x, g 7 x"),
	)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Count(changes), "1 added, 1 removed, 1 upgraded, 1 downgraded, 2 changed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want := []string{"+ g 7", "- a 1", "c 3 → 4", "b 2 → 1", "d x → all", "e installed → half-installed"}
	if diff := cmp.Diff(want, Lines(changes)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := Count(nil); got != "" {
		t.Errorf("got %q for no changes", got)
	}
}
