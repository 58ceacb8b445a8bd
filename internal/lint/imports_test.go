package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"testing"
)

// readImports asks the go command what the module's packages import, and what those import in turn, without tests.
func readImports(t *testing.T) map[string][]string {
	t.Helper()
	args := []string{"list", "-deps", "-json=ImportPath,Imports"}
	for _, folder := range []string{"cmd", "compiler", "internal", "schema"} {
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
