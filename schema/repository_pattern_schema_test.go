package schema

import (
	"io/fs"
	"strings"
	"testing"
)

// A pattern that the schema accepts and Go does not would be lost, and with it a limit of credentials.
func TestTheSchemaHasTheSamePatternOfRepositories(t *testing.T) {
	t.Parallel()
	content, err := fs.ReadFile(FS, "definition.cue")
	if err != nil {
		t.Fatal(err)
	}
	if want := `#RepositoryPattern: =~"` + repositoryPattern().String() + `" `; !strings.Contains(string(content), want) {
		t.Errorf("definition.cue has no line that begins with %s", want)
	}
}
