package diagnostic

import (
	"strconv"
	"unicode/utf8"
)

// DidYouMean returns `; did you mean "x"?` for the candidate nearest to what was written, or nothing where none is near.
func DidYouMean(written string, candidates []string) string {
	return Suggest(Nearest(written, candidates))
}

// Suggest returns `; did you mean "x"?`, or nothing where ok is false. It never shortens x: people copy it.
func Suggest(x string, ok bool) string {
	if !ok {
		return ""
	}
	return "; did you mean " + strconv.Quote(x) + "?"
}

// Nearest returns the candidate that the fewest single-character changes lead to, the first of several, if a third of
// the characters or fewer must change.
func Nearest(written string, candidates []string) (string, bool) {
	return NearestWithin(len(written)/3+1, written, candidates)
}

// NearestWithin is Nearest with another limit of the changes.
func NearestWithin(limit int, written string, candidates []string) (string, bool) {
	best, bestDistance := "", limit
	for _, candidate := range candidates {
		if max(len(candidate)-len(written), len(written)-len(candidate)) > bestDistance {
			continue
		}
		if d := distance(written, candidate); d < bestDistance || d == bestDistance && best == "" {
			best, bestDistance = candidate, d
		}
	}
	return best, best != ""
}

// Quote quotes a user's text for a message, shortened where it is long.
func Quote(text string) string {
	const limit = 60
	if utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit]) + "…"
	}
	return strconv.Quote(text)
}

// distance is the Levenshtein distance in bytes, a swap of neighbours counted as one change.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, above2 := rows[i%3], rows[(i+2)%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], above2[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
