package containerfile_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source, target string
		args           map[string]string
		parents        []containerfile.Parent
	}{
		"one stage": {
			source:  "FROM debian:trixie\nRUN true\n",
			parents: []containerfile.Parent{{"debian:trixie", 1, true, true}},
		},
		"scratch is no parent": {source: "FROM scratch\nCOPY a /a\n"},
		"an argument before FROM has its default": {
			source:  "ARG V=3.20\nFROM alpine:${V}\n",
			parents: []containerfile.Parent{{"alpine:3.20", 2, true, true}},
		},
		"the build's argument wins over the default": {
			source:  "ARG V=3.20\nFROM alpine:$V\n",
			args:    map[string]string{"V": "3.21"},
			parents: []containerfile.Parent{{"alpine:3.21", 2, true, true}},
		},
		"a stage by name and by number is no parent": {
			source:  "FROM golang AS build\nFROM build AS more\nFROM scratch\nCOPY --from=build /a /a\nCOPY --from=1 /b /b\n",
			parents: []containerfile.Parent{{"golang", 1, false, true}},
		},
		"a stage on a stage has the first one's base": {
			source:  "FROM golang AS build\nFROM build\n",
			parents: []containerfile.Parent{{"golang", 1, true, true}},
		},
		"copies and mounts from images are parents": {
			source:  "FROM scratch\nCOPY --from=busybox /bin/sh /bin/sh\nRUN --mount=type=bind,from=tools,target=/t true\n",
			parents: []containerfile.Parent{{"busybox", 2, false, false}, {"tools", 3, false, false}},
		},
		"stages that the target does not need do not count": {
			source: "FROM a AS one\nFROM b AS two\nFROM c\n", target: "two",
			parents: []containerfile.Parent{{"b", 2, true, true}},
		},
		"a stage declares a global argument again": {
			source:  "ARG T=tools:1\nFROM scratch\nARG T\nCOPY --from=$T /a /a\n",
			parents: []containerfile.Parent{{"tools:1", 4, false, false}},
		},
		"the build platform is no mistake": {
			source:  "FROM --platform=$BUILDPLATFORM golang AS build\nFROM scratch\nCOPY --from=build /a /a\n",
			parents: []containerfile.Parent{{"golang", 1, false, true}},
		},
		"a comment that sets checks of Docker's is no mistake": {
			source:  "# check=skip=all;experimental=all\nFROM debian:trixie\n# check=error=true\nRUN true\n",
			parents: []containerfile.Parent{{"debian:trixie", 2, true, true}},
		},
		"here-documents, continuations and directives": {
			source:  "# syntax=docker/dockerfile:1\n# escape=`\nFROM `\n  base\nRUN <<EOT\nFROM nothing\nEOT\n",
			parents: []containerfile.Parent{{"base", 3, true, true}},
		},
		"a default in the line replaces a missing value": {
			source:  "ARG V\nFROM ${R:-}alpine:${V:-3.20}\n",
			parents: []containerfile.Parent{{"alpine:3.20", 2, true, true}},
		},
		"a default that is not needed may have no value": {
			source:  "ARG A=b\nARG C\nFROM ${A:-$C}\n",
			parents: []containerfile.Parent{{"b", 3, true, true}},
		},
		"a base that only the build's machine knows stays as written": {
			source:  "FROM tools-$TARGETARCH\n",
			parents: []containerfile.Parent{{"tools-$TARGETARCH", 1, true, true}},
		},
		"mounts may have options of buildah's own": {
			source:  "FROM scratch\nRUN --mount=type=bind,from=tools,z,relabel=shared,target=/t true\n",
			parents: []containerfile.Parent{{"tools", 2, false, false}},
		},
		"a stage by its number in FROM is an image": {
			source:  "FROM a\nFROM 0\n",
			parents: []containerfile.Parent{{"0", 2, true, true}},
		},
		"line ends of Windows and a byte-order mark": {
			source:  "\ufeffFROM a AS one\r\nFROM one\r\nCOPY --from=b \\\r\n  /a /b\r\n",
			parents: []containerfile.Parent{{"a", 1, true, true}, {"b", 3, false, false}},
		},
		"a base that is copied from too is one parent": {
			source:  "FROM base\nCOPY --from=base /a /b\n",
			parents: []containerfile.Parent{{"base", 1, true, true}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := containerfile.Parse([]byte(test.source), test.args, test.target)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.parents, file.Parents); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source, target string
		line           int
	}{
		"empty":                        {"\n", "", 0},
		"no FROM":                      {"ARG A=1\n", "", 0},
		"unknown instruction":          {"FROM a\nFORM b\n", "", 2},
		"unknown target":               {"FROM a\n", "site", 0},
		"argument without a value":     {"ARG A\nFROM a:$A\n", "", 2},
		"expansion without an end":     {"FROM a:${A\n", "", 1},
		"argument that leaves nothing": {"ARG A=\nFROM $A\n", "", 2},
		"stage that is not above":      {"FROM a\nCOPY --from=1 /a /b\n", "", 2},
		"variable in a mount's source": {"FROM a\nRUN --mount=from=$A,target=/a true\n", "", 2},
		"instruction before FROM":      {"RUN true\nFROM a\n", "", 1},
		"too many stages":              {strings.Repeat("FROM a\n", 1001), "", 0},
		"too large":                    {"FROM a\n" + strings.Repeat("# comment\n", 1<<17), "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := containerfile.Parse([]byte(test.source), nil, test.target)
			var mistake *containerfile.Error
			if !errors.As(err, &mistake) || mistake.Message == "" || mistake.Line != test.line {
				t.Fatalf("got %#v, want a mistake in line %d", err, test.line)
			}
			if strings.Contains(mistake.Error(), "dockerfile") {
				t.Errorf("the parser's words reach the user: %s", mistake)
			}
		})
	}
}

func TestArgumentsOfABuild(t *testing.T) {
	t.Parallel()
	file, err := containerfile.Parse([]byte("ARG A\nFROM a AS unused\nARG B=1 C\nFROM scratch\n"), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"A": true, "B": true, "C": true, "D": false, "https_proxy": true, "TARGETARCH": true} {
		if slices.Contains(file.Arguments, name) != want {
			t.Errorf("%s is an argument: %v, want %v", name, !want, want)
		}
	}
}

func TestCopies(t *testing.T) {
	t.Parallel()
	const source = `FROM a AS never
COPY unseen /x
FROM b AS early
COPY zero /x
FROM b AS late
COPY --from=early /x /x
FROM early
COPY --from=late /x /y
ARG DIR=conf
COPY --chown=1 one \
  two /d/
ADD ["three", "https://example.org/x", "/d"]
COPY $DIR/*.ini $UNKNOWN/y /d/
COPY --from=tools /bin/x /x
RUN --mount=type=bind,source=four,target=/f true
COPY <<EOT /here
COPY nothing /x
EOT
`
	parsed, err := containerfile.Parse([]byte(source), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []containerfile.Copy{{"zero", 4}, {"one", 10}, {"two", 10}, {"three", 12}, {"conf/*.ini", 13}, {"four", 15}}
	if diff := cmp.Diff(want, parsed.Copies); diff != "" {
		t.Errorf("copies (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("ARG A=b\nFROM $A AS c\nCOPY --from=c /a /b\n"), "c")
	f.Add([]byte("# check=skip=A;experimental=B\nFROM a\n"), "")
	f.Add([]byte("FROM a\nRUN --mount=from=b,target=/c <<E\nE\n"), "")
	f.Fuzz(func(t *testing.T, source []byte, target string) {
		containerfile.Reads(source)
		_, err := containerfile.Parse(source, map[string]string{"A": "x"}, target)
		var mistake *containerfile.Error
		if err != nil && !errors.As(err, &mistake) {
			t.Errorf("%v is no *Error", err)
		}
	})
}

// The last USER is that of the target and of the stages that it begins with, as ARG and ENV fill it in.
func TestUser(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source, want string
		line         int
	}{
		"none":                       {"FROM a\n", "", 0},
		"the last":                   {"FROM a\nUSER root\nUSER app\n", "app", 3},
		"of the stage below":         {"FROM a AS one\nUSER app\nFROM one\nUSER 0\n", "0", 4},
		"of the stage that it is on": {"FROM a AS one\nUSER app\nFROM one\n", "app", 2},
		"not of one copied from":     {"FROM a AS one\nUSER app\nFROM b\nCOPY --from=one / /\n", "", 0},
		"an argument":                {"FROM a\nARG UID=1000\nUSER $UID:$UID\n", "1000:1000", 3},
		"a variable":                 {"FROM a\nENV NAME=app\nUSER ${NAME}\n", "app", 3},
		"a variable before an ARG":   {"FROM a\nENV NAME=app\nARG NAME=1\nUSER ${NAME}\n", "app", 4},
		"a stage named scratch":      {"FROM a AS scratch\nFROM scratch\nENV NAME=app\nUSER $NAME\n", "app", 4},
		"a variable of the stage":    {"FROM a AS one\nENV NAME=app\nFROM one AS two\nFROM two\nUSER $NAME\n", "app", 5},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := containerfile.Parse([]byte(test.source), nil, "")
			if err != nil || file.User != test.want || file.UserLine != test.line {
				t.Errorf("got %q of line %d, %v", file.User, file.UserLine, err)
			}
		})
	}
}

// Runs are the RUN lines of the stages that the target needs, with here-documents and without options.
func TestRuns(t *testing.T) {
	t.Parallel()
	const source = "FROM a AS unused\nRUN never\nFROM b AS one\nRUN --mount=type=cache,target=/x first && \\\n  second\nFROM one\nRUN <<EOT\nthird\nEOT\nRUN [\"sh\", \"-c\", \"fourth\"]\n"
	parsed, err := containerfile.Parse([]byte(source), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []containerfile.Run{{"first &&   second", 4}, {"<<EOT\nthird\n", 7}, {"sh -c fourth", 10}}
	if diff := cmp.Diff(want, parsed.Runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}
