package script_test

import (
	"fmt"
	"maps"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

var tree = fstest.MapFS{
	"VERSION": {Data: []byte("1.4\n")}, "images/a/Dockerfile": {}, "images/b/Dockerfile": {}, "images/README": {},
	"ci/build.sh": {Data: []byte("#!/bin/sh\nfor arg in \"$@\"; do build \"$arg\" $2; done\n")},
	"ci/tool.py":  {Data: []byte("#!/usr/bin/env python3\nbuild()\n")},
	"ci/here.sh":  {Data: []byte("D=$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)\nbuild \"$(dirname \"$D\")\" $(basename $0)\n")},
	"ci/env.sh":   {Data: []byte("export V=1 W=${V}.$1\n")},
	"ci/lib.sh":   {Data: []byte("image() { build -t \"$1\" \"$2\"; }\n")},
}

// TestCommands has what a script says, and the commands that it runs, each with its folder.
func TestCommands(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ script, want string }{
		"a variable of the job":        {"build $NAME:$CI_COMMIT_SHA", "build app:${CI_COMMIT_SHA}"},
		"an assignment":                {"A=x; B=$A-y\nbuild \"$B\" '$A' ${A}z", "build x-y $A xz"},
		"an export":                    {"export T=\"$NAME:1\"; build $T", "build app:1"},
		"a value of several words":     {"build $OPTIONS .", "build --pull -t x ."},
		"a quoted value":               {"build \"$OPTIONS\"", "build [--pull -t x]"},
		"a value of only the job":      {"build $X \"${CI_COMMIT_TAG#v}\" $(git log -1)", "git log -1 (inner) | build ${X} ${CI_COMMIT_TAG#v} $(git log -1)"},
		"a default":                    {"build ${X:-def} ${NAME:-def} ${CI_COMMIT_TAG:-def}", "build def app ${CI_COMMIT_TAG:-def}"},
		"a change of a value":          {"build ${NAME%p} ${NAME^^}", "build ap APP"},
		"a file":                       {"build $(cat VERSION)", "cat VERSION (inner) | build 1.4"},
		"names of files":               {"build $(basename a/b.c .c) `dirname a/b`", "basename a/b.c .c (inner) | dirname a/b (inner) | build b a"},
		"both branches":                {"if test $Y; then T=a; else T=b; fi; build $T", "test ${Y} (inner) | build a | build b"},
		"a branch that is known":       {"if [ \"$NAME\" = app ]; then build a; else build b; fi", "[ app = app ] (inner) | build a"},
		"a branch without else":        {"T=a; if [[ -n $Y ]]; then T=b; fi; build $T", "build b | build a"},
		"a branch of a case":           {"case $Y in a) T=1;; *) T=2;; esac; build $T", "build 1 | build 2"},
		"a case without the rest":      {"T=a; case $Y in b) T=1;; esac; build $T", "build 1 | build a"},
		"a case that is known":         {"case $NAME in x|a*) build a;; app) build b;; *) build c;; esac", "build a"},
		"an exit in a branch":          {"if test $Y; then exit 0; fi; build a", "test ${Y} (inner) | build a"},
		"an exit for certain":          {"exit 0; build a", ""},
		"a loop over words":            {"for i in a b; do build $i; done", "build a | build b"},
		"a loop over folders":          {"for i in images/*/; do (cd $i && build .); done", "build . in images/a | build . in images/b"},
		"a loop over braces":           {"for i in {1..3}; do build $i; done", "build 1 | build 2 | build 3"},
		"a loop over what is unknown":  {"for i in $LIST; do build $i; done", "build ${LIST}"},
		"a loop that waits":            {"until docker info; do sleep 1; done; build", "docker info (inner) | sleep 1 | build"},
		"a function":                   {"f() { build $1 \"$2\"; }\nf a 'b c'", "build a [b c]"},
		"a function of a file":         {". ci/lib.sh; image a .", "build -t a ."},
		"variables of a file":          {". ci/env.sh; build $V $W", "build 1 1."},
		"variables of a script":        {"ci/env.sh; build $V", "build ${V}"},
		"a script of the project":      {"./ci/build.sh a b", "build a b | build b b"},
		"a script by its shell":        {"sh -e ci/build.sh a", "build a"},
		"a script that is not shell":   {"ci/tool.py a", "ci/tool.py a"},
		"a folder":                     {"cd images/a; build .; cd ../..; build .; cd $CI_PROJECT_DIR/images; build .", "build . in images/a | build . | build . in images"},
		"the root from a folder":       {"cd images/a; cd $CI_PROJECT_DIR/images; build .", "build . in images"},
		"the folder of a script":       {"cd images; ../ci/here.sh", "dirname ${CI_PROJECT_DIR}/ci/here.sh in images (inner) | pwd in ci (inner) | dirname ${CI_PROJECT_DIR}/ci in images (inner) | basename ${CI_PROJECT_DIR}/ci/here.sh in images (inner) | build ${CI_PROJECT_DIR} here.sh in images"},
		"a folder outside":             {"cd /tmp; build .; cd $X; build ..", "build . in /tmp | build .. in /${X}"},
		"a command that may fail":      {"pull a || true; build a && push a", "pull a | true | build a | push a"},
		"a pipe":                       {"echo $PASSWORD | login; build", "echo ${PASSWORD} | login | build"},
		"a variable of one command":    {"DOCKER_BUILDKIT=1 build .", "build ."},
		"lines that go on":             {"build \\\n  -t a \\\n  .", "build -t a ."},
		"an array":                     {"O=(-t a); O+=(-f b); build \"${O[@]}\" .", "build -t a -f b ."},
		"eval":                         {"eval \"build $NAME\"", "build app"},
		"a function that calls itself": {"f() { build; f; }; f", "build"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			commands, err := script.Commands(script.Source{
				Lines: []script.Line{{Text: test.script}}, Tree: tree, Variables: map[string]string{"NAME": "app", "OPTIONS": "--pull -t x"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(commands); got != test.want {
				t.Error(cmp.Diff(test.want, got))
			}
		})
	}
}

func describe(commands []script.Command) string {
	var out []string
	for _, c := range commands {
		var words []string
		for _, arg := range c.Args {
			if strings.Contains(script.Mask(arg), " ") {
				arg = "[" + arg + "]"
			}
			words = append(words, arg)
		}
		text := strings.Join(words, " ")
		if c.Dir != "" {
			text += " in " + path.Clean(c.Dir)
		}
		if c.IsInner {
			text += " (inner)"
		}
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}

// TestFiles has what a script says, and the file that it writes with its text; "?" is a text that only a job knows.
func TestFiles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ script, want string }{
		"a here-document":                 {"cat > f <<E\nFROM $NAME\nE", "f FROM app"},
		"its redirections the other way":  {"cat <<E > f\nFROM x\nE", "f FROM x"},
		"a literal one":                   {"cat > f <<'E'\nRUN ${X} \\n\nE", `f RUN ${X} \n`},
		"one with tabs":                   {"cat > f <<-E\n\tFROM x\n\tE", "f FROM x"},
		"a quoted dollar":                 {"cat > f <<E\nRUN \\${X}\nE", "f RUN ${X}"},
		"a value of only the job":         {"cat > f <<E\nRUN ${X}\nE", "f ?"},
		"echo":                            {"echo FROM \"$NAME\" > a/f", "a/f FROM app"},
		"an added line":                   {"echo x >> f", "f + x"},
		"echo of a value of only the job": {"echo $X > f", "f ?"},
		"printf":                          {"printf '%s-%s' a b > f", "f a-b"},
		"a block":                         {"{ echo a; } > f", "f + a"},
		"another program":                 {"envsubst < t > f", "f ?"},
		"errors":                          {"make 2> f >&2", ""},
		"a file in a folder":              {"cd images; echo x > f", "images: f x"},
		"both branches":                   {"if $Y; then echo a > f; else echo b > f; fi", "f a | f b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			commands, err := script.Commands(script.Source{Lines: []script.Line{{Text: test.script}}, Tree: tree, Variables: map[string]string{"NAME": "app"}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, outputs(commands)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func outputs(commands []script.Command) string {
	var out []string
	for _, c := range commands {
		if c.Output == "" {
			continue
		}
		text := c.Output
		if c.Dir != "" {
			text = c.Dir + ": " + text
		}
		if c.IsAdded {
			text += " +"
		}
		if !c.Printed.IsWhole {
			c.Printed.Value = "?"
		}
		out = append(out, text+" "+strings.TrimSuffix(c.Printed.Value, "\n"))
	}
	return strings.Join(out, " | ")
}

// A command of a script of the project is at its line there, and a command of the job at the job's.
func TestPlaces(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"a.sh":   {Data: []byte("#!/bin/sh\nset -e\n. ./lib.sh\nif x; then\n  one\nfi\nf\neval 'two'\n")},
		"lib.sh": {Data: []byte("f() {\n  three\n}\n")},
	}
	at := diagnostic.Span{File: ".gitlab-ci.yml", Line: 9, Column: 5}
	commands, err := script.Commands(script.Source{Lines: []script.Line{{Text: "./a.sh\nfour", At: at}, {Text: "\nfive\n", At: at, IsBlock: true}}, Tree: tree})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range commands {
		got = append(got, c.At.String()+" "+c.Args[0])
	}
	want := []string{"a.sh:2 set", "a.sh:4 x", "a.sh:5 one", "lib.sh:2 three", "a.sh:8 two", ".gitlab-ci.yml:9:5 four", ".gitlab-ci.yml:11 five"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAScriptThatIsNotShell(t *testing.T) {
	t.Parallel()
	if _, err := script.Commands(script.Source{Lines: []script.Line{{Text: "if ($x) { build }"}}}); err == nil {
		t.Error("got no error for PowerShell")
	}
}

// TestMake has a Makefile, a command, and the commands that its recipes run.
func TestMake(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ makefile, command, want string }{
		"a target":                      {"a:\n\tone\n\nb:\n\ttwo\n", "make b", "two"},
		"the first target":              {".PHONY: b\na:\n\tone\n", "make", "one"},
		"two targets":                   {"a:\n\tone\nb:\n\ttwo\n", "make b a", "two | one"},
		"what a target needs":           {"a: b b\n\tone\nb:; two\n", "make a", "two | one"},
		"a variable":                    {"T ?= x\nT += y\nU := $(T)\na:\n\t@one $(U) ${T}\n", "make a", "one x y x y"},
		"a later value":                 {"A = $(B)\nC := $(B)\nB = x\na:\n\tone $(A)$(C)\n", "make a", "one x${B}"},
		"a variable of the command":     {"T = x\nT ?= z\na:\n\tone $(T)\n", "make a T=y", "one y"},
		"a variable of the job":         {"NAME ?= x\na:\n\tone $(NAME)\n", "make a", "one app"},
		"a variable before the command": {"a:\n\tone $(T)\n", "T=y make a", "one y"},
		"a variable of only the job":    {"a:\n\tone $(CI_COMMIT_TAG) $(OTHER)\n", "make a", "one ${CI_COMMIT_TAG} ${OTHER}"},
		"a variable of the shell":       {"export T = x\na:\n\tfor i in 1 2; do one $$i $$T; done\n", "make a", "one 1 x | one 2 x"},
		"a variable of a target":        {"a: T = x\na:\n\tone $(T)\n", "make a", "one x"},
		"each line in its own shell":    {"a:\n\tcd images/a && one\n\ttwo\n", "make a", "one in images/a | two"},
		"a line that goes on":           {"a:\n\tone \\\n\t  two\n", "make a", "one two"},
		"automatic variables":           {"a: b c\n\tone $@ $< $^\n", "make a", "one a b b c"},
		"a pattern":                     {"image-%: base\n\tone $*\n", "make image-x", "one x"},
		"another folder":                {"a:\n\t$(MAKE) -C images/c\n", "make a", "one in images/c"},
		"a folder on the command line":  {"", "make -j4 -C images/c all", "one in images/c"},
		"another file":                  {"", "make -f images/c/Makefile", "one"},
		"a file that is included":       {"include images/*.mk images/c/v.mk\na:\n\tone $(V)\n", "make a", "one 7"},
		"the output of a command":       {"V = $(shell cat VERSION)\na:\n\tone $(V) $(shell git log)\n", "make a", "cat VERSION (inner) | git log (inner) | one 1.4 $(git log)"},
		"functions":                     {"a:\n\tone $(notdir x/y) $(dir x/y) $(strip  z ) $(firstword u v) $(or $(EMPTY),w) $(if x,y,z) $(subst a,b,ca)\n", "make a EMPTY=", "one y x/ z u w y cb"},
		"another function":              {"a:\n\tone $(wildcard *.c)\n", "make a", "wildcard *.c (inner) | one $(wildcard *.c)"},
		"a condition that holds":        {"ifeq ($(NAME),app)\nT = x\nelse ifdef NAME\nT = y\nelse\nT = z\nendif\na:\n\tone $(T)\n", "make a", "one x"},
		"a condition that fails":        {"ifdef OTHER\nT = x\nelse ifneq \"$(NAME)\" \"app\"\nT = y\nelse\nT = z\nendif\na:\n\tone $(T)\n", "make a", "one z"},
		"a condition of only the job":   {"ifdef CI_COMMIT_TAG\nT = x\na:\n\tone $(T)\nelse\na:\n\ttwo\nendif\n", "make a", "one ${T} | two"},
		"a definition":                  {"define T\na:\nendef\na:\n\tone\n", "make a", "one"},
		"itself":                        {"A = $(A)\na: a\n\tone $(A)\n", "make a", "one ${MAKEFILE}"},
		"a recipe that is not shell":    {"a:\n\tif (\n\ttwo\n", "make a", "make a, not shell in line 2 | two"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{
				"Makefile": {Data: []byte(test.makefile)}, "images/c/Makefile": {Data: []byte("all:\n\tone # $$x\n")}, "VERSION": {Data: []byte("1.4\n")},
				"images/c/v.mk": {Data: []byte("V = 7\n")},
			}
			commands, err := script.Commands(script.Source{Lines: []script.Line{{Text: test.command}}, Tree: tree, Variables: map[string]string{"NAME": "app"}})
			if err != nil {
				t.Fatal(err)
			}
			var got []script.Command
			for _, c := range commands[1:] {
				if c.Make != commands[0].Make {
					t.Errorf("the command %q has number %d, make has %d", c.Args, c.Make, commands[0].Make)
				}
				if c.Reason != "" {
					c.Args = append(c.Args, fmt.Sprintf("not shell in line %d", c.At.Line))
				}
				got = append(got, c)
			}
			if got := strings.ReplaceAll(describe(got), " [not shell in line 2]", ", not shell in line 2"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// A Makefile or a target that the project does not have stays a command.
func TestMakeWithoutRecipes(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{"Makefile": {Data: []byte("a:\n\tone\n")}}
	for _, command := range []string{"make b", "make -C sub a", "make -f other a"} {
		commands, err := script.Commands(script.Source{Lines: []script.Line{{Text: command}}, Tree: tree})
		if err != nil || describe(commands) != command || commands[0].Make != 0 {
			t.Errorf("%s: got %s, %v", command, describe(commands), err)
		}
	}
}

func TestSplitAndMask(t *testing.T) {
	t.Parallel()
	text := "${A:-b:c}/d:$(git log -1 --format=${F}) e"
	if got, want := script.Mask(text), "xxxxxxxxx/d:xxxxxxxxxxxxxxxxxxxxxxxxxxx e"; got != want {
		t.Errorf("masked %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{"${A:-b:c}/d:$(git log -1 --format=${F})", "e"}, script.Split(text)); diff != "" {
		t.Error(diff)
	}
}

// A script of any content ends, and has commands or an error.
func FuzzCommands(f *testing.F) {
	f.Add("for i in {1..9}; do if $x; then T=$T$i; fi; f() { f; }; f; ./ci/build.sh $(f `f`) ${T%%$i*}; done", "a b")
	f.Add("case $A in *) cd ${A/b/c};; esac; while :; do eval \"$A\"; done <<E\n$(f)\nE", "x")
	f.Add("A=(1 2); A+=3; echo ${A[@]:1} ${#A} ${!A} $((A++)) <(f) 'x'\"y\"\\z", "$A")
	f.Add("()0", "")
	f.Add("make -C sub all A=$A", "A=$(shell $(A))\nifdef X\nall: %b\n\t$(MAKE) all\nendif\n%b:\n\t@if $@ \\\n\t$<")
	f.Fuzz(func(t *testing.T, text, value string) {
		tree := maps.Clone(tree)
		tree["sub/Makefile"] = &fstest.MapFile{Data: []byte(value)}
		commands, err := script.Commands(script.Source{Lines: []script.Line{{Text: text}}, Tree: tree, Variables: map[string]string{"A": value}})
		if err != nil && commands != nil {
			t.Errorf("got %d commands and the error %v", len(commands), err)
		}
		if mask := script.Mask(text); len(mask) != len(text) {
			t.Errorf("the mask of %q has %d bytes", text, len(mask))
		}
	})
}
