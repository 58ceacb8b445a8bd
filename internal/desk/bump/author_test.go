package bump

import (
	"context"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/edit"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// Entries have the author that Debian's tools would write, without asking git.
func TestAuthor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		want    edit.Author
		isError bool
	}{
		"both variables":      {[]string{"DEBFULLNAME=Ann B", "DEBEMAIL=ann@example.org"}, edit.Author{Name: "Ann B", Email: "ann@example.org"}, false},
		"all in the address":  {[]string{"DEBEMAIL=Ann B <ann@example.org>"}, edit.Author{Name: "Ann B", Email: "ann@example.org"}, false},
		"the name of its own": {[]string{"DEBFULLNAME=C", "DEBEMAIL=Ann B <ann@example.org>"}, edit.Author{Name: "C", Email: "ann@example.org"}, false},
		"two lines":           {[]string{"DEBFULLNAME=A\n B", "DEBEMAIL=a@example.org"}, edit.Author{}, true},
	}
	for name, test := range tests {
		b := bumping{getenv: cli.Lookup(test.environ)}
		if got, err := b.author(context.Background(), git.Repository{}); got != test.want || (err != nil) != test.isError {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, test.want)
		}
	}
}
