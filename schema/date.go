package schema

import (
	"fmt"
	"time"
)

// Date is a day of the calendar; the zero Date is none.
type Date struct{ day time.Time }

// ParseDate reads "2027-01-31".
func ParseDate(text string) (Date, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.IsZero() {
		return Date{}, fmt.Errorf("%.60q is not a date: write year, month and day, such as 2027-01-31", text)
	}
	return Date{day}, nil
}

// DateOf returns the day of a moment in UTC.
func DateOf(moment time.Time) Date { return Date{moment.UTC().Truncate(24 * time.Hour)} }

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d.day.IsZero() }

// After reports whether the day is later than another.
func (d Date) After(other Date) bool { return d.day.After(other.day) }

// DaysSince returns the number of days from another date to this one, which is negative if the other is later.
func (d Date) DaysSince(other Date) int { return int(d.day.Sub(other.day) / (24 * time.Hour)) }

// String returns "2027-01-31", or nothing for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.day.Format(time.DateOnly)
}

// MarshalText returns the text of String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a date as ParseDate does.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}
