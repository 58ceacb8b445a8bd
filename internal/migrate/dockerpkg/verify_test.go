package dockerpkg_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/dockerpkg"
)

func TestVerificationsAreTests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config, script string
		// want is the test's command, and remark a part of the report; empty for none.
		want, remark string
	}{
		"docker-pkg's own":      {"{}", "true\n", `'./images/a/test.sh' "$STEMMA_IMAGE_REFERENCE"`, ""},
		"a script with docker":  {"{}", "#!/bin/sh\nx=$(docker run --rm $1 true)\n", `'./images/a/test.sh' "$STEMMA_IMAGE_REFERENCE"`, "images/a/test.sh: test.sh: it calls docker, which stemma's own image lacks: write what it checks as `tests` that run inside the image (a)"},
		"docker in a comment":   {"{}", "# no docker\n", `'./images/a/test.sh' "$STEMMA_IMAGE_REFERENCE"`, ""},
		"another command":       {`{verify_command: ci/check, verify_args: ["{path}", "{image}", a b]}`, "", `'ci/check' 'images/a' "$STEMMA_IMAGE_REFERENCE" 'a b'`, "where ci/check has to be (a)"},
		"another script":        {`{verify_command: sh, verify_args: [-c, "{path}/check.sh {image} {{x}}"]}`, "", `'sh' '-c' 'images/a/check.sh '"$STEMMA_IMAGE_REFERENCE"' {x}'`, ""},
		"a path in an option":   {`{verify_args: ["--in={path}"]}`, "true\n", "", ""},
		"a script that is gone": {`{verify_args: [-c, "{path}/nowhere.sh {image}"]}`, "true\n", "", ""},
		"no words":              {`{verify_args: 5}`, "true\n", `'./images/a/test.sh' "$STEMMA_IMAGE_REFERENCE"`, "config.yaml:1:2: verify_args: it is more than words"},
		"an unknown word":       {`{verify_args: ["{tag}"]}`, "true\n", `'./images/a/test.sh' "$STEMMA_IMAGE_REFERENCE"`, "verify_args: it is more than words"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{
				"a/changelog":           {Data: []byte("a (1.0-1) x; urgency=low\n")},
				"a/Dockerfile.template": {Data: []byte("FROM scratch\n")},
				"a/check.sh":            {Data: []byte("true\n")},
			}
			if test.script != "" {
				tree["a/test.sh"] = &fstest.MapFile{Data: []byte(test.script), Mode: 0o755}
			}
			source := dockerpkg.Source{Tree: tree, Name: "images", Config: []byte(test.config), ConfigName: "config.yaml"}
			files, report, found, err := dockerpkg.Import(source, dockerpkg.Target{Folder: "images"})
			if err != nil || len(found) > 0 {
				t.Fatal(err, found)
			}
			definition := strings.ReplaceAll(string(files[0].Content), "''", "'")
			if isThere := strings.Contains(definition, "outside: true"); isThere != (test.want != "") || !strings.Contains(definition, test.want) {
				t.Errorf("want %s in\n%s", test.want, definition)
			}
			var text strings.Builder
			if err := report.Text(&text); err != nil || !strings.Contains(text.String(), test.remark) || test.remark == "" && strings.Contains(text.String(), "test.sh:") {
				t.Errorf("%v, want %q in\n%s", err, test.remark, text.String())
			}
		})
	}
}
