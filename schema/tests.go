package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// TestKeys name what an image has to pass. Inside is the key of the tests that run inside the image, and of its checks; outside is the
// key of the tests that run beside it. A key is empty where there is no such test.
func TestKeys(tests []Test, checks Checks) (inside, outside string) {
	var within, beside []Test
	for _, test := range tests {
		if test.Outside {
			beside = append(beside, test)
		} else {
			within = append(within, test)
		}
	}
	if len(within) > 0 || checks != (Checks{}) {
		inside = testKey(within, checks)
	}
	if len(beside) > 0 {
		outside = testKey(beside, Checks{})
	}
	return inside, outside
}

// RequiredTests is the value of VarRequiredTests for an image with these tests and checks; empty for an image without any.
func RequiredTests(tests []Test, checks Checks) string {
	inside, outside := TestKeys(tests, checks)
	return strings.TrimSpace(inside + " " + outside)
}

// testKeyLength is how many hexadecimal digits a key has.
const testKeyLength = 16

func testKey(tests []Test, checks Checks) string {
	hash := sha256.New()
	_ = json.NewEncoder(hash).Encode(struct { // a hash takes everything, and such values are always JSON
		Tests  []Test `json:"tests"`
		Checks Checks `json:"checks"`
	}{tests, checks})
	return hex.EncodeToString(hash.Sum(nil))[:testKeyLength]
}
