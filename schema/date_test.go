package schema_test

import (
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestDates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text    string
		isValid bool
	}{
		"a day":                {"2027-01-31", true},
		"a leap day":           {"2028-02-29", true},
		"a day that is not":    {"2027-02-29", false},
		"without zeros":        {"2027-1-31", false},
		"with a time":          {"2027-01-31T00:00:00Z", false},
		"the first day of all": {"0001-01-01", false},
		"nothing":              {"", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			date, err := schema.ParseDate(test.text)
			if (err == nil) != test.isValid || test.isValid && date.String() != test.text || date.IsZero() == test.isValid {
				t.Errorf("got %q, %v", date, err)
			}
		})
	}
}

func TestDatesCountDays(t *testing.T) {
	t.Parallel()
	first, _ := schema.ParseDate("2028-02-28")
	last, _ := schema.ParseDate("2028-03-01")
	if last.DaysSince(first) != 2 || first.DaysSince(last) != -2 || !last.After(first) || first.After(first) {
		t.Errorf("from %s to %s are %d days", first, last, last.DaysSince(first))
	}
	evening := time.Date(2028, 2, 28, 23, 30, 0, 0, time.FixedZone("", -3600))
	if got := schema.DateOf(evening).String(); got != "2028-02-29" {
		t.Errorf("got the day %s in UTC", got)
	}
}
