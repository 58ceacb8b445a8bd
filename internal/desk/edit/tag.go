package edit

import (
	"fmt"
	"strconv"
	"time"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// dated is a tag of the form that projects on ci-templates write: the day and a count.
var dated = pattern.Lazy(`^(\d{4}-\d\d-\d\d)\.(\d+)$`)

// NextTag returns the tag after one of the form 2026-11-20.0, which has the date of today in UTC. The error says that a tag has another
// form, or a later date.
func NextTag(old string, now time.Time) (string, error) {
	match := dated().FindStringSubmatch(old)
	if match == nil {
		return "", fmt.Errorf("nobody knows what comes after the tag %s: write NAME=TAG", old)
	}
	today := now.UTC().Format("2006-01-02")
	switch {
	case match[1] < today:
		return today + ".0", nil
	case match[1] > today:
		return "", fmt.Errorf("the tag %s is dated after today, %s: write NAME=TAG", old, today)
	}
	count, err := strconv.Atoi(match[2])
	if err != nil {
		return "", fmt.Errorf("the tag %s counts too far", old)
	}
	return fmt.Sprintf("%s.%d", match[1], count+1), nil
}
