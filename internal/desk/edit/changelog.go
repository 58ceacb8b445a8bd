package edit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Author is who makes an entry.
type Author struct{ Name, Email string }

// entryHead is the first line of an entry, https://manpages.debian.org/deb-changelog.5: package, version, distributions, metadata.
var entryHead = pattern.Lazy(`(?m)^(\S+) \(([^()\s]+)\) ([^;\n]+);([^\n]*)$`)

// IsChangelog reports whether a file is a Debian changelog.
func IsChangelog(content string) bool {
	return entryHead().MatchString(strings.SplitN(strings.TrimLeft(content, "\n"), "\n", 2)[0])
}

// Changelog returns a Debian changelog with a new entry on top, for a version, or for the next one where it is empty. It
// returns the version too. Existing entries stay as they are.
func Changelog(content, version, reason string, author Author, now time.Time) (changed, newVersion string, err error) {
	head := entryHead().FindStringSubmatch(content)
	if head == nil {
		return "", "", errors.New("it has no entry")
	}
	if version == "" {
		version = nextVersion(head[2])
	}
	var lines strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(reason), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			prefix := "  * "
			if lines.Len() > 0 {
				prefix = "    "
			}
			lines.WriteString(prefix + line + "\n")
		}
	}
	if lines.Len() == 0 {
		return "", "", errors.New("an entry needs a reason")
	}
	entry := fmt.Sprintf("%s (%s) %s;%s\n\n%s\n -- %s <%s>  %s\n\n", head[1], version, head[3], head[4], lines.String(), author.Name, author.Email, now.Format(time.RFC1123Z))
	return entry + content, version, nil
}

// dates are the forms of a date at the end of a version.
var dates = []string{"20060102", "2006-01-02", "2006.01.02"}

// endsWithDate reports whether a version ends with a date. Counted up it would be the date of another day.
func endsWithDate(version string) bool {
	return slices.ContainsFunc(dates, func(form string) bool {
		begin := len(version) - len(form)
		if begin < 0 || begin > 0 && version[begin-1] >= '0' && version[begin-1] <= '9' {
			return false
		}
		_, err := time.Parse(form, version[begin:])
		return err == nil
	})
}

var revision = pattern.Lazy(`^(.*-[a-z]*)([0-9]+)$`)

// nextVersion counts a version's revision up, or gives it one: "-s1" behind a date, as docker-pkg does.
func nextVersion(version string) string {
	if endsWithDate(version) {
		return version + "-s1"
	}
	if match := revision().FindStringSubmatch(version); match != nil {
		if number, err := strconv.Atoi(match[2]); err == nil {
			return match[1] + strconv.Itoa(number+1)
		}
	}
	return version + "-1"
}
