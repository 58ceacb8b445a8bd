package edit_test

import (
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/desk/edit"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestTagsWithADateAreOfToday(t *testing.T) {
	t.Parallel()
	for old, want := range map[string]string{
		"2026-11-20.0": "2026-11-22.0", "2026-11-22.0": "2026-11-22.1", "2026-11-22.9": "2026-11-22.10",
		"2026-11-23.0": "", "2026-11-22": "", "v1": "", "2026-11-22.99999999999999999999": "",
	} {
		if got, err := edit.NextTag(old, today); got != want || (err == nil) != (want != "") {
			t.Errorf("after %s comes %q, %v; want %q", old, got, err, want)
		}
	}
}

// A revision counts up. A version that ends with a date gets a count behind it, as docker-pkg writes it.
func TestVersionsOfChangelogs(t *testing.T) {
	t.Parallel()
	for old, want := range map[string]string{
		"1.2": "1.2-1", "1.2-1": "1.2-2", "1.2-s9": "1.2-s10", "13.0": "13.0-1",
		"20261120": "20261120-s1", "12-20261120": "12-20261120-s1", "12-20261120-s1": "12-20261120-s2", "2026-11-20": "2026-11-20-s1", "1-2026.11.20": "1-2026.11.20-s1",
		"1.2-20269999": "1.2-20270000",
	} {
		_, got, err := edit.Changelog("a ("+old+") b; urgency=low\n", "", "reason", edit.Author{}, today)
		if err != nil || got != want {
			t.Errorf("after %s comes %q, %v; want %q", old, got, err, want)
		}
	}
}
