package wave

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxFailures is after how many failures in a row an image is left alone.
const MaxFailures = 3

// firstPause is how long nothing is tried after the first failure; after each more it is four times as long.
const firstPause = 15 * time.Minute

// Attempts is the record of rebuilds that failed, one after the other and on the same parents: the content of schema.LabelFailed.
type Attempts struct {
	// On is the Fingerprint of the parents.
	On       string    `json:"on"`
	Failures int       `json:"failures"`
	Last     time.Time `json:"last"`
}

// Fingerprint identifies the inputs of an image: the hash of its own inputs and its parents' present digests, in any
// order. When it changes, something has changed that may make the build succeed.
func Fingerprint(inputs string, parents []string) string {
	lines := slices.Sorted(slices.Values(parents))
	sum := sha256.Sum256([]byte(inputs + "\n" + strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:16])
}

// Failed returns what is remembered after one more failure.
func (a Attempts) Failed(on string, now time.Time) Attempts {
	if a.On != on {
		a = Attempts{On: on}
	}
	a.Failures++
	a.Last = now
	return a
}

// Refuses says why no rebuild is tried now; nothing where it may be.
func (a Attempts) Refuses(on string, now time.Time) string {
	if a.On != on || a.Failures <= 0 {
		return ""
	}
	if a.Failures >= MaxFailures {
		return fmt.Sprintf("its rebuild failed %d times in a row on the same parents: it is left alone until one of them or its definition changes; build it by name to try again", a.Failures)
	}
	next := a.Last.Add(firstPause << (2 * (a.Failures - 1)))
	if now.Before(next) {
		return "its last rebuild on the same parents failed: it is tried again after " + next.UTC().Format(time.RFC3339)
	}
	return ""
}
