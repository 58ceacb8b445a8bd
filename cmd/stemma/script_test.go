package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/cue/server"
	"gitlab.com/stemma-ci/stemma/internal/migrate/fairycmd"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importcmd"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

func TestMain(m *testing.M) {
	std := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	testscript.Main(withBuildah{m}, map[string]func(){
		"stemma": func() {
			os.Exit(run(commandLine(os.Args), std, os.Environ()))
		},
		"stemma-import": func() {
			os.Exit(cli.RunOne(importcmd.New(std, cli.Lookup(os.Environ())), os.Args[1:], std))
		},
		"stemma-cue":   func() { os.Exit(server.Main(os.Args, os.Environ(), std)) },
		"stemma-fairy": func() { os.Exit(cli.RunOne(fairycmd.New(std, os.Environ()), os.Args[1:], std)) },
	})
}

// withBuildah runs tests with a fake buildah before other programs, and with a folder of their own for temporary files: stemma cleans up
// after killed runs that it finds there. The fake is a program of its own, because tests start it many hundred times and it starts four
// times faster than the test itself.
type withBuildah struct{ *testing.M }

func (w withBuildah) Run() int {
	dir, err := os.MkdirTemp("", "stemma-test")
	temporary := filepath.Join(dir, "tmp")
	if err == nil {
		defer os.RemoveAll(dir)
		err = exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "buildah"), "../../test/fakebuildah").Run()
	}
	if err == nil {
		err = os.Mkdir(temporary, 0o700)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build test/fakebuildah:", err)
		return 1
	}
	_ = os.Setenv("TMPDIR", temporary)
	_ = os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return w.M.Run()
}

// TestScripts runs the command lines of testdata/script. `exits N command…` asks for an exit code, `repeat FILE N TEXT` makes a
// file of many equal lines, $STEMMA is the path of stemma, and $EXAMPLES that of
// the examples.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Files: scripts(t), UpdateScripts: *update, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GIT_CEILING_DIRECTORIES", env.WorkDir)
			stemma, err := exec.LookPath("stemma")
			env.Setenv("STEMMA", stemma)
			examples, errExamples := filepath.Abs("../../examples")
			env.Setenv("EXAMPLES", examples)
			return errors.Join(err, errExamples)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "repeat": repeat, "bytes": writeBytes, "replace": replaceText, "appendto": appendText},
	})
}

// scripts returns the files of testdata/script, or with -short some of them.
func scripts(t *testing.T) []string {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("got the scripts %v and the error %v", files, err)
	}
	return sample.List(files, 6)
}

// exits runs a command and compares its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("%s ended with %s, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// repeat writes a file that begins with a text and goes on with copies of another.
func repeat(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: repeat FILE HEAD COUNT TEXT")
	}
	count, err := strconv.Atoi(args[2])
	ts.Check(err)
	text := strings.ReplaceAll(args[1], `\n`, "\n") + strings.Repeat(strings.ReplaceAll(args[3], `\n`, "\n"), count)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// writeBytes writes a file from a quoted Go string, for what an archive of text cannot hold.
func writeBytes(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: bytes FILE TEXT")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// replaceText replaces a text that a file has exactly once.
func replaceText(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	content := ts.ReadFile(args[0])
	if strings.Count(content, args[1]) != 1 {
		ts.Fatalf("%q is in %s %d times", args[1], args[0], strings.Count(content, args[1]))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(content, args[1], args[2], 1)), 0o644))
}

// appendText adds a line to a file.
func appendText(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: appendto FILE LINE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+args[1]+"\n"), 0o644))
}
