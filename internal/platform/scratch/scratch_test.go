package scratch_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// asChild lets this program make a folder, say its path and wait.
const asChild = "STEMMA_TEST_SCRATCH"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		folder, err := scratch.New("test")
		if err != nil {
			panic(err)
		}
		fmt.Println(folder.Path)
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		return
	}
	os.Exit(m.Run())
}

func names(folders []*scratch.Folder) string {
	var out []string
	for _, folder := range folders {
		out = append(out, folder.Name())
	}
	return strings.Join(out, " ")
}

func TestFoldersOfKilledCommandsAreDead(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	mine, err := scratch.New("build")
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), asChild+"=1")
	in, _ := child.StdinPipe()
	defer in.Close()
	out, _ := child.StdoutPipe()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimSpace(line)
	// A folder of somebody's own is nobody's but theirs.
	if err := os.Mkdir(filepath.Join(os.TempDir(), "stemma-run-mine"), 0o700); err != nil {
		t.Fatal(err)
	}
	if dead := scratch.Dead(""); len(dead) > 0 {
		t.Errorf("%s is dead while its command runs", names(dead))
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	dead := scratch.Dead("")
	if len(dead) != 1 || dead[0].Path != path {
		t.Fatalf("dead are %q, want %s", names(dead), path)
	}
	if again := scratch.Dead(""); len(again) > 0 {
		t.Errorf("two commands clean up %s", names(again))
	}
	if err := dead[0].Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("%s: %v", path, err)
	}
	if err := mine.Close(); err != nil {
		t.Error(err)
	}
}

// What is not a folder of this user's commands, or cannot be read, is left alone, and what else is dead is found all the same.
func TestDeadLeavesAloneWhatIsNotIts(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	others := map[string]func(path string) error{
		"of another user, or unreadable": func(path string) error {
			if os.Geteuid() == 0 {
				return os.Chown(path, 65534, 65534)
			}
			return os.Chmod(path, 0)
		},
		"without a marker": func(path string) error { return os.Remove(filepath.Join(path, ".stemma")) },
		"a file": func(path string) error {
			return errors.Join(os.RemoveAll(path), os.WriteFile(path, nil, 0o600))
		},
		"a link to a folder": func(path string) error {
			elsewhere := filepath.Join(os.TempDir(), "elsewhere")
			return errors.Join(os.Rename(path, elsewhere), os.Symlink(elsewhere, path))
		},
	}
	for name, change := range others {
		if err := change(dead(t, "build")); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	mine := dead(t, "build")
	if found := scratch.Dead(""); len(found) != 1 || found[0].Path != mine {
		t.Errorf("dead are %q, want %s", names(found), filepath.Base(mine))
	}
}

func TestDeadIsForOneWord(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dead(t, "build")
	want := dead(t, "buildah")
	if found := scratch.Dead("buildah"); len(found) != 1 || found[0].Path != want {
		t.Errorf("dead are %q, want %s", names(found), filepath.Base(want))
	}
}

// dead makes a folder of a command that has ended.
func dead(t *testing.T, what string) string {
	t.Helper()
	folder, err := scratch.New(what)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Empty(); err != nil {
		t.Fatal(err)
	}
	return folder.Path
}

// Programs read a secret by its path, and nothing is on the disk where they can do without.
func TestSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, forget, err := scratch.Secret(dir, "auth.json", []byte("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cat", path).Output(); err != nil || string(out) != "s3cret" {
		t.Errorf("%q, %v", out, err)
	}
	if files, _ := os.ReadDir(dir); (len(files) == 0) != strings.HasPrefix(path, "/proc/") {
		t.Errorf("the path is %s, and %v is there", path, files)
	}
	forget()
	if content, err := os.ReadFile(path); err == nil && string(content) == "s3cret" {
		t.Error("it is still there")
	}
}
