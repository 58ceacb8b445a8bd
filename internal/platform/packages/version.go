package packages

import (
	"cmp"
	"strings"
)

// compareVersions returns -1 if a version is older than another, 0 if it is as new, and 1 if it is newer, by the rules of a format. A version
// is "epoch:version-revision"; epoch and revision may be missing.
func compareVersions(format, a, b string) int {
	part := comparePart
	switch format {
	case "rpm", "pacman":
		part = compareSegments
	case "apk", "portage", "xbps":
		a, b = suffixes.Replace(a), suffixes.Replace(b)
	}
	epochA, versionA, revisionA := splitVersion(a)
	epochB, versionB, revisionB := splitVersion(b)
	return cmp.Or(compareNumbers(epochA, epochB), part(versionA, versionB), part(revisionA, revisionB))
}

// suffixes marks those that make a version older, such as _rc1, and those that make it newer, such as _p1,
// https://wiki.alpinelinux.org/wiki/Package_policies.
var suffixes = strings.NewReplacer("_alpha", "~alpha", "_beta", "~beta", "_pre", "~pre", "_rc", "~rc", "_", "^")

func splitVersion(text string) (epoch, version, revision string) {
	if before, after, ok := strings.Cut(text, ":"); ok {
		epoch, text = before, after
	}
	if i := strings.LastIndexByte(text, '-'); i >= 0 {
		return epoch, text[:i], text[i+1:]
	}
	return epoch, text, ""
}

// comparePart compares as dpkg does: texts and numbers in turn, with "~" before the end, and "^" and letters before other characters,
// https://www.debian.org/doc/debian-policy/ch-controlfields.html#version.
func comparePart(a, b string) int {
	for a != "" || b != "" {
		for a != "" && !isDigit(a[0]) || b != "" && !isDigit(b[0]) {
			if c := cmp.Compare(order(a), order(b)); c != 0 {
				return c
			}
			a, b = a[min(1, len(a)):], b[min(1, len(b)):]
		}
		var numberA, numberB string
		numberA, a = cutWhile(a, isDigit)
		numberB, b = cutWhile(b, isDigit)
		if c := compareNumbers(numberA, numberB); c != 0 {
			return c
		}
	}
	return 0
}

// order is the place of the first character of a text among others. The end of the text and a digit are alike.
func order(text string) int {
	switch {
	case text == "" || isDigit(text[0]):
		return 0
	case text[0] == '~':
		return -1
	case text[0] == '^':
		return 1
	case isLetter(text[0]):
		return int(text[0])
	default:
		return int(text[0]) + 256
	}
}

// compareSegments compares as rpm and pacman do: words and numbers in turn, where a number is newer than a word, "~" is before the end and
// "^" after it, https://rpm-software-management.github.io/rpm/man/rpm-version.7.
func compareSegments(a, b string) int {
	isSeparator := func(c byte) bool { return !isDigit(c) && !isLetter(c) && c != '~' && c != '^' }
	for {
		_, a = cutWhile(a, isSeparator)
		_, b = cutWhile(b, isSeparator)
		rankA, rankB := rank(a), rank(b)
		switch {
		case rankA != rankB:
			return cmp.Compare(rankA, rankB)
		case a == "":
			return 0
		case a[0] == '~' || a[0] == '^':
			a, b = a[1:], b[1:]
			continue
		}
		kind, compare := isLetter, strings.Compare
		if isDigit(a[0]) {
			kind, compare = isDigit, compareNumbers
		}
		var segmentA, segmentB string
		segmentA, a = cutWhile(a, kind)
		segmentB, b = cutWhile(b, kind)
		if c := compare(segmentA, segmentB); c != 0 {
			return c
		}
	}
}

// rank orders what a text begins with.
func rank(text string) int {
	switch {
	case text == "":
		return 1
	case text[0] == '~':
		return 0
	case text[0] == '^':
		return 2
	case isLetter(text[0]):
		return 3
	default:
		return 4
	}
}

// compareNumbers compares numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func cutWhile(text string, is func(byte) bool) (begin, rest string) {
	i := 0
	for i < len(text) && is(text[i]) {
		i++
	}
	return text[:i], text[i:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
