package containerfile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
)

func TestReads(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source string
		want   []string
		ok     bool
	}{
		"nothing":           {"FROM a\nRUN true\n", nil, true},
		"files and folders": {"FROM a AS b\nCOPY ./x /y/z/ /\nFROM c\nADD p/*.sh x /\nCOPY --from=b /q /q\n", []string{"p/*.sh", "x", "y/z"}, true},
		"what is remote":    {"FROM a\nADD https://example.org/x git@example.org:a/b.git k /\n", []string{"k"}, true},
		"text in the file":  {"FROM a\nCOPY <<E /x\nhello\nE\n", nil, true},
		"mounts":            {"FROM a AS b\nFROM c\nRUN --mount=type=bind,source=s,target=/s --mount=type=cache,target=/c --mount=from=b,target=/b true\n", []string{"s"}, true},
		"all of a mount":    {"FROM a\nRUN --mount=type=bind,target=/s true\n", nil, false},
		"all":               {"FROM a\nCOPY . /\n", nil, false},
		"above":             {"FROM a\nCOPY .. /\n", nil, false},
		"an argument":       {"FROM a\nARG X\nCOPY x/$X /\n", nil, false},
		"Docker's checks":   {"# check=skip=all\nFROM a\nCOPY x /\n", []string{"x"}, true},
		"no Containerfile":  {"COPY", nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := containerfile.Reads([]byte(test.source))
			if diff := cmp.Diff(test.want, got); ok != test.ok || diff != "" && ok {
				t.Errorf("%v\n%s", ok, diff)
			}
		})
	}
}
