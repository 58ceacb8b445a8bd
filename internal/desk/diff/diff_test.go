package diff_test

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
)

var update = flag.Bool("update", false, "rewrite what the merge requests expect")

// TestMergeRequests compares the versions in testdata. A merge request has the files of the old version in old/, those that it adds or changes
// in new/, and the expected text in want. Its comment may have lines with commands:
//
//	remove FILE             the new version does not have a file
//	folder FOLDER           the definition is in a folder of the repository
//	uncompiled              the compiled files of the new version are those of the old one
//	committed /OLD/NEW/     the compiled files of the old version differ: a regular expression is replaced in them
func TestMergeRequests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 50 {
		t.Fatalf("got %d merge requests and %v, want at least 50", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			old, new, want := read(archive)
			got := compare(t, old, new).Text()
			if keys := silentKeys(got); keys != nil {
				t.Errorf("got the keys %q without their changes, want a change of each key:\n%s", keys, got)
			}
			if *update {
				archive.Files = append(archive.Files[:len(archive.Files)-1], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// silentKeys returns the keys of a text that nothing follows, neither on their lines nor indented below.
func silentKeys(text string) (keys []string) {
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	lines := strings.Split(text, "\n")
	for i, line := range lines[:len(lines)-1] {
		if indent(line) > 0 && strings.HasSuffix(line, ":") && indent(lines[i+1]) <= indent(line) {
			keys = append(keys, strings.TrimSpace(line))
		}
	}
	return keys
}

// version is a version of a project in a test.
type version struct {
	files     fstest.MapFS
	committed func(string) string
	// folder is the folder of the definition.
	folder string
	// isUncompiled says that the compiled files are those of the old version.
	isUncompiled bool
}

// read reads a merge request.
func read(archive *txtar.Archive) (old, new version, want string) {
	old.files, new.files = fstest.MapFS{}, fstest.MapFS{}
	old.committed = func(content string) string { return content }
	for _, file := range archive.Files {
		mode := os.FileMode(0o644)
		name, isProgram := strings.CutSuffix(file.Name, " (program)")
		if isProgram {
			mode = 0o755
		}
		entry := &fstest.MapFile{Data: file.Data, Mode: mode}
		if name, ok := strings.CutPrefix(name, "old/"); ok {
			old.files[name] = entry
		} else if name, ok := strings.CutPrefix(name, "new/"); ok {
			new.files[name] = entry
		} else {
			want = string(file.Data)
		}
	}
	changed := maps.Clone(new.files)
	maps.Copy(new.files, old.files)
	maps.Copy(new.files, changed)
	for line := range strings.Lines(string(archive.Comment)) {
		command, argument, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch command {
		case "remove":
			delete(new.files, argument)
		case "folder":
			old.folder, new.folder = argument, argument
		case "uncompiled":
			new.isUncompiled = true
		case "committed":
			parts := strings.Split(argument, "/")
			before := old.committed
			old.committed = func(content string) string {
				return regexp.MustCompile(parts[1]).ReplaceAllString(before(content), parts[2])
			}
		}
	}
	return old, new, want
}

func compare(t *testing.T, old, new version) diff.Diff {
	t.Helper()
	from, to := compile(t, "main", old), compile(t, "the work tree", new)
	from.Commit = "0123456789abcdef"
	for file, content := range from.Committed {
		from.Committed[file] = []byte(old.committed(string(content)))
	}
	if new.isUncompiled {
		to.Committed = from.Committed
	}
	compared, err := diff.Compare(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return compared
}

func compile(t testing.TB, name string, v version) diff.Version {
	t.Helper()
	files, err := fs.Sub(v.files, path.Clean(v.folder))
	if err != nil {
		t.Fatal(err)
	}
	result, found, err := compilertest.Compile(files)
	if err != nil {
		t.Fatal(err)
	}
	committed := drift.Committed{}
	for _, file := range result.Files {
		committed[file.Path] = file.Content
		if content, err := fs.ReadFile(files, file.Path); err == nil {
			committed[file.Path] = content
		}
	}
	return diff.Version{Name: name, Result: result, Found: found, Files: files, Top: v.files, Folder: v.folder, Committed: committed}
}
