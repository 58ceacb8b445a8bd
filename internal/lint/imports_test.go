package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// folders hold the module's packages.
var folders = []string{"cmd", "compiler", "internal", "schema"}

// readImports asks the go command what the module's packages import, and what those import in turn, without tests.
func readImports(t *testing.T) map[string][]string {
	t.Helper()
	lookAtSources(t)
	args := []string{"list", "-deps", "-json=ImportPath,Imports"}
	for _, folder := range folders {
		args = append(args, module+folder+"/...")
	}
	command := exec.CommandContext(t.Context(), "go", args...)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, problems.Bytes())
	}
	imports := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		imports[listed.ImportPath] = listed.Imports
	}
	delete(imports, module+"internal/lint")
	return imports
}

// lookAtSources makes the go command run a test again when a source changes: it keeps results by the files that the test
// itself looked at, and those of a child process do not count.
func lookAtSources(t *testing.T) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(name string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(name) == ".go" {
				_, err = os.Stat(name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
