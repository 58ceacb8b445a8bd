package jobtest

import (
	"encoding/json"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Check fails the test on an error.
func Check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Must returns a value of a call that cannot fail.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// CountOf counts the requests that contain a text.
func CountOf(requests []string, part string) int {
	n := 0
	for _, request := range requests {
		if strings.Contains(request, part) {
			n++
		}
	}
	return n
}

// KeysOf are the keys of tests that are written as in a variable.
func KeysOf(t *testing.T, written string) (inside, outside string) {
	t.Helper()
	var tests []schema.Test
	Check(t, json.Unmarshal([]byte(written), &tests))
	return schema.TestKeys(tests, schema.Checks{})
}

// Made are the labels of an image that is made of the scene's inputs, and passed tests before it was pushed.
func Made(tested string) map[string]string {
	return map[string]string{schema.LabelInputs: Inputs, schema.LabelTested: tested}
}

// RecordOf is the tag of the record that an image has passed tests since it was pushed.
func RecordOf(key, digest string) string {
	return schema.PrefixTested + key + "-" + strings.TrimPrefix(digest, "sha256:")[:32]
}

// About are the labels that an image of a project says of itself.
func About(project, image, wave, dependents string) map[string]string {
	encoded, err := json.Marshal(strings.Fields(dependents))
	if err != nil {
		panic(err)
	}
	return map[string]string{
		schema.LabelProject: project, schema.LabelImage: image, schema.LabelWave: wave, schema.LabelDependents: string(encoded),
		schema.LabelInputs: Inputs, schema.LabelCreated: "2026-11-19T23:00:00Z",
	}
}
