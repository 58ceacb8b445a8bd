package packages

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listing has packages "NAME VERSION ARCHITECTURE STATE" of a format.
func listing(format, packages string) Listing {
	d := Database{Format: format}
	for line := range strings.SplitSeq(packages, ", ") {
		words := append(strings.Fields(line), "", "", "", "")
		if words[0] != "" {
			d.Packages = append(d.Packages, Package{words[0], words[1], words[2], words[3]})
		}
	}
	return Listing{Databases: []Database{d}}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, after, want string }{
		"nothing":                        {"a 1 x", "a 1 x", ""},
		"another order":                  {"a 1 x, b 2 x", "b 2 x, a 1 x", ""},
		"added and removed":              {"a 1 x, b 2 x", "c 3 x, b 2 x", "removed a 1 x; added c 3 x"},
		"upgraded and downgraded":        {"a 1.9 x, b 2 x", "a 1.10 x, b 2~rc1 x", "upgraded a 1.9 x→1.10 x; downgraded b 2 x→2~rc1 x"},
		"one of two architectures":       {"a 1 x, a 1 y", "a 1 x, a 2 y", "upgraded a 1 y→2 y"},
		"another architecture":           {"a 1 x", "a 1 all", "changed a 1 x→1 all"},
		"another architecture, upgraded": {"a 1 x", "a 2 all", "upgraded a 1 x→2 all"},
		"a further version":              {"a 1 x", "a 1 x, a 2 x", "added a 2 x"},
		"one of two versions":            {"a 1 x, a 2 x", "a 2 x, a 3 x", "upgraded a 1 x→3 x"},
		"as new":                         {"a 1.0 x", "a 1.00 x", "changed a 1.0 x→1.00 x"},
		"removed but for configuration":  {"a 1 x", "a 1 x config-files", "removed a 1 x"},
		"half installed":                 {"a 1 x", "a 1 x half-installed", "changed a 1 x→1 x half-installed"},
		"to nothing":                     {"a 1 x", "", "removed a 1 x"},
	}
	for name, test := range tests {
		var got []string
		changes, err := Compare(listing("dpkg", test.before), listing("dpkg", test.after))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, c := range changes {
			before := strings.TrimSpace(fmt.Sprint(c.Before.Version, " ", c.Before.Architecture, " ", c.Before.State))
			after := strings.TrimSpace(fmt.Sprint(c.After.Version, " ", c.After.Architecture, " ", c.After.State))
			if before != "" && after != "" {
				before += "→"
			}
			got = append(got, fmt.Sprintf("%s %s %s%s", c.Kind, c.Name, before, after))
		}
		if diff := cmp.Diff(test.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// A package of another distribution is another package.
func TestCompareFormats(t *testing.T) {
	t.Parallel()
	changes, err := Compare(listing("dpkg", "a 1 x"), listing("apk", "a 1 x"))
	if err != nil || len(changes) != 2 || changes[0].Kind != Added || changes[0].Format != "apk" || changes[1].Kind != Removed {
		t.Errorf("got %+v, %v", changes, err)
	}
}

// What is unknown is not compared: a known package is neither added nor removed.
func TestCompareUnknown(t *testing.T) {
	t.Parallel()
	known, damaged, unread := listing("dpkg", "a 1 x"), listing("dpkg", ""), listing("dpkg", "a 1 x")
	known.Image, damaged.Image, unread.Image = "known", "damaged", "unread"
	damaged.Databases[0].Path, damaged.Databases[0].Problem = "d", "it is damaged"
	unread.Problem = "stemma cannot read it"
	for name, test := range map[string]struct {
		before, after Listing
		want          string
	}{
		"before": {damaged, known, "the packages of damaged are unknown: /d: it is damaged"},
		"after":  {known, unread, "not all packages of unread are known: stemma cannot read it"},
		"both":   {damaged, unread, "the packages of damaged are unknown: /d: it is damaged\nnot all packages of unread are known: stemma cannot read it"},
	} {
		changes, err := Compare(test.before, test.after)
		if changes != nil || fmt.Sprint(err) != test.want {
			t.Errorf("%s: got %+v, %v", name, changes, err)
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	// Each list is in order, the oldest first.
	for format, lists := range map[string][]string{
		"dpkg": {
			"1~~ 1~~a 1~ 1 1a 1+b 1.0-1 1.1-0 1.1-1~bpo1 1.1-1 1.1-1+b1 1.2 1.10 2-1-1 1:0.1 10:0", "0a 0ab 0b 0. 00001 2",
		},
		"apk":     {"1.0_alpha1 1.0_beta 1.0_pre2 1.0_rc1 1.0 1.0-r1 1.0-r10 1.0_p1 1.0a 1.0.1 1.1"},
		"rpm":     {"1.0~rc1-1 1.0-1 1.0^git1-1 1.0a-1 1.0.1-1.el9 1.0.1-1.1.el9 1.0.1-2.el9 1.0.1-10.el8 1.1 1:0.1-1", "a 1", "1.fc38 1.fc39 1.1"},
		"pacman":  {"1.0-1 1.0-1.1 1.0-2 1.0.1-1 1:0.9-1"},
		"portage": {"1.0_rc1 1.0 1.0-r1 1.0_p1 1.1"},
	} {
		for _, list := range lists {
			versions := strings.Fields(list)
			for i, a := range versions {
				for j, b := range versions {
					if got, want := compareVersions(format, a, b), min(1, max(-1, i-j)); got != want {
						t.Errorf("%s: %s and %s: got %d, want %d", format, a, b, got, want)
					}
				}
			}
		}
	}
}

func FuzzVersions(f *testing.F) {
	f.Add("1.0~rc1-1", "1:2^git")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, format := range []string{"dpkg", "rpm", "apk"} {
			if x, y := compareVersions(format, a, b), compareVersions(format, b, a); x != -y {
				t.Errorf("%s: %q and %q: %d, and the other way round %d", format, a, b, x, y)
			}
		}
	})
}
