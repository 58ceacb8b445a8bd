package zuul_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMistakes(t *testing.T) {
	t.Parallel()
	entry := func(format, fields string) tree {
		return tree{"zuul.yaml": "- job: {name: build-it, parent: build-" + format + "-image, vars: {" + varOf[format] + ": [{" + fields + "}]}}\n"}
	}
	for _, c := range []struct {
		name, want string
		tree       tree
	}{
		{"no configuration", ".: there is no zuul.yaml, no zuul.d, no .zuul.yaml, no .zuul.d here\n", tree{}},
		{"no images", ".: no job here has images of docker_images or container_images that can be converted\n", tree{"zuul.yaml": "- job: {name: a}\n"}},
		{"no YAML", "zuul.d/a.yaml:3: it is not YAML: did not find expected '-' indicator\n", tree{"zuul.d/a.yaml": "- job:\n  name: a\n b\n"}},
		{"no list", "zuul.yaml:1: the file must be a list of items such as job and project\n", tree{"zuul.yaml": "job: {name: a}\n"}},
		{"an alias of itself", `zuul.yaml:1: the alias "b" holds itself` + "\n", tree{"zuul.yaml": "- job: {name: a, vars: {b: &b [*b]}}\n"}},
		{"aliases of aliases", "zuul.yaml:4: this holds too much\nzuul.yaml:9: this holds too much\nzuul.yaml:15: this holds too much\nzuul.yaml:21: this holds too much\n", tree{"zuul.yaml": "- job:\n    name: a\n    vars:\n" + bomb() + "- job: {name: build-it, vars: {docker_images: []}}\n"}},
		{"a tag of nobody", `zuul.yaml:1: the tag "!vault" is not one of Zuul's` + "\nzuul.yaml:1: vars must be a map\n", tree{"zuul.yaml": "- job: {name: a, vars: !vault {}}\n"}},
		{"a key twice", `zuul.yaml:1: duplicate key "name"` + "\n", tree{"zuul.yaml": "- job: {name: a, name: b}\n"}},
		{"variables", "zuul.yaml:1: vars must be a map\n", tree{"zuul.yaml": "- job: {name: a, vars: [b]}\n"}},
		{"its own parent", "zuul.yaml:1: jobs are each other's parents: a → a\n", tree{"zuul.yaml": "- job: {name: a, parent: a}\n"}},
		{"parents in a circle", "zuul.yaml:1: jobs are each other's parents: a → c → b → a\n", tree{"zuul.yaml": "- job: {name: a, parent: c}\n- job: {name: b, parent: a}\n- job: {name: c, parent: b}\n"}},
		{"images of one name", "zuul.yaml:1: two images would be called a/x\n", entry("docker", "context: ., repository: quay.io/a/x}, {context: ., repository: a/x, labels: [a=b]")},
		{"an unknown field", `zuul.yaml:1: unknown key "dockerfiles" of an image; did you mean "dockerfile"?` + "\n", entry("docker", "context: ., repository: a/b, dockerfiles: c")},
		{"a file that is not there", "zuul.yaml:1: none cannot be read\n", entry("docker", "context: ., repository: a/b, dockerfile: none")},
		{"a path with an odd character", "zuul.yaml:1: \"a\\x01b/Dockerfile\" has a character that no path here may have\n", entry("docker", `context: "a\x01b", repository: a/b`)},
		{"a folder that is not there", "zuul.yaml:1: none cannot be read\n", entry("docker", "context: none, dockerfile: ../Dockerfile, repository: a/b")},
		{"a repository with a tag", `zuul.yaml:1: "a/b:c" is no repository` + "\n", entry("docker", "context: ., repository: 'a/b:c'")},
		{"a tag", `zuul.yaml:1: "a b" is no tag` + "\n", entry("docker", "context: ., repository: a/b, tags: [a b]")},
		{"tags", "zuul.yaml:1: tags must be a list\n", entry("docker", "context: ., repository: a/b, tags: latest")},
		{"a target", `zuul.yaml:1: "a b" is no target` + "\n", entry("docker", "context: ., repository: a/b, target: a b")},
		{"a label", `zuul.yaml:1: the label "=a" has no name such as org.example.team=web` + "\n", entry("docker", "context: ., repository: a/b, labels: [=a]")},
		{"a map for a tag", `zuul.yaml:1: "{'a': 'b'}" is no tag` + "\n", entry("docker", "context: ., repository: a/b, tags: [{a: b}]")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			images, _, errors := run(t, c.tree)
			if errors = column.ReplaceAllString(errors, ":$1: "); images != "" || errors != c.want {
				t.Error(images, cmp.Diff(c.want, errors))
			}
		})
	}
}

// bomb is a list of lists that holds more than a machine can.
func bomb() string {
	var out strings.Builder
	out.WriteString("      a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 20 {
		fmt.Fprintf(&out, "      a%d: &a%[1]d [%s]\n", i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 10))
	}
	return out.String()
}

// Two jobs may list one image, but not two of one name.
func TestDifferences(t *testing.T) {
	t.Parallel()
	with := func(one, other string) tree {
		return tree{"Dockerfile": "FROM scratch AS a\n", "zuul.yaml": "- job: {name: build-it, vars: {docker_images: [{context: ., repository: acme/x" + one + "}]}}\n" +
			"- job: {name: upload-it, vars: {docker_images: [{context: ., repository: acme/x" + other + "}]}}\n" +
			"- job: {name: promote-it, vars: {docker_images: [{repository: acme/x}]}}\n" +
			"- project: {check: {jobs: [build-it]}, gate: {jobs: [upload-it]}, promote: {jobs: [promote-it]}}\n"}
	}
	check(t, []conversion{{
		"in platforms", with("", ", arch: [linux/arm64]"), strings.Replace(release("latest"), "    release", "    platforms: [linux/arm64]\n    release", 1),
		"zuul.yaml:2: docker.io/acme/x: build-it and upload-it build for different platforms; the uploaded platforms are taken\n",
	}})
	_, _, errors := run(t, with("", ", target: a"))
	if want := "zuul.yaml:2: upload-it builds docker.io/acme/x of other things than build-it does\n"; column.ReplaceAllString(errors, ":$1: ") != want {
		t.Error(cmp.Diff(want, errors))
	}
}

// Nothing that a secret holds is in a definition, a report or a finding, broken files among them.
func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	const held = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
	good := `
- secret:
    name: quay
    data:
      quay.io:
        username: robot-` + held + `
        password: !encrypted/pkcs1-oaep
          - ` + held + `
          - ` + held + `
        type: quay
        repository: ^quay.io/acme/
- job:
    name: upload-it
    parent: upload-container-image
    secrets:
      - {name: container_registry_credentials, secret: quay, pass-to-parent: true}
    vars:
      docker_credentials: {username: a, password: ` + held + `}
      container_images: [{context: ., registry: quay.io, repository: quay.io/acme/x, labels: ['a={{ docker_credentials }}']}]
- project: {gate: {jobs: [upload-it]}}
`
	images, report, errors := run(t, tree{"zuul.yaml": good})
	if images == "" {
		t.Fatal(errors)
	}
	for _, line := range []string{
		"zuul.yaml:10:9: type: it serves to remove tags",
		`zuul.yaml:11:9: quay.io: Zuul lets these credentials push only to "^quay.io/acme/"`,
		"zuul.yaml:16:9: quay.io: create the CI variables QUAY_IO_USERNAME and QUAY_IO_PASSWORD",
	} {
		if !strings.Contains(report, line) {
			t.Errorf("the report lacks %q:\n%s", line, report)
		}
	}
	for _, broken := range []string{
		strings.Replace(good, "          - "+held, "          - ["+held, 1),
		strings.Replace(good, "password: !enc", "password: x\n        password: !enc", 1),
		strings.Replace(good, "!encrypted/pkcs1-oaep", "!other", 1),
		strings.Replace(good, "        type", "      bad: "+held+"\n         type", 1),
	} {
		_, report, errors := run(t, tree{"zuul.yaml": broken})
		if errors == "" {
			t.Error("a broken file is read")
		}
		for line := range strings.Lines(errors) {
			if strings.HasPrefix(line, "zuul.yaml:") && secretLines(broken, line) {
				t.Errorf("the line of a secret would be printed: %s", line)
			}
		}
		if strings.Contains(report+errors, held) {
			t.Error("a secret is printed")
		}
	}
	if strings.Contains(images+report, held) {
		t.Error("a secret is printed")
	}
}

// secretLines says whether a finding points at a line that holds a secret.
func secretLines(source, finding string) bool {
	parts := strings.SplitN(finding, ":", 3)
	for i, line := range strings.Split(source, "\n") {
		if strings.TrimSpace(parts[1]) == strconv.Itoa(i+1) {
			return strings.Contains(line, "c2Vj")
		}
	}
	return false
}
