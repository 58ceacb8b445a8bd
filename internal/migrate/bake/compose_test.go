package bake_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/bake"
)

// compose reads files, of which the first is dev/compose.yaml, and the others begin with a line that names them.
func compose(content string) ([]bake.Target, []string, error) {
	tree := fstest.MapFS{}
	name := "dev/compose.yaml"
	for part := range strings.SplitSeq(content, "\n=== ") {
		if len(tree) > 0 {
			name, part, _ = strings.Cut(part, "\n")
		}
		tree[name] = &fstest.MapFile{Data: []byte(part)}
	}
	targets, _, found, err := bake.Compose(tree, "dev/compose.yaml")
	var messages []string
	for _, finding := range found {
		messages = append(messages, fmt.Sprintf("%s: %s", finding.Span, finding.Message))
	}
	return targets, messages, err
}

func TestServicesWithABuildAreTargets(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		want    []string
	}{
		"short and long": {
			"services:\n  a: {build: ../src, image: acme/a, profiles: [x]}\n  b: {image: debian}\n" +
				"  c: {platform: linux/arm64, build: {dockerfile: D, target: t, args: [A=1, B], labels: {x: y}, additional_contexts: [base=service:a, os=docker-image://debian, f=./f], tags: [r/c:1], secrets: [s, {source: v, target: id}, {source: e}], no_cache: false, x-own: 1}}\n" +
				"secrets: {s: {file: ./s.txt}, v: {environment: V}, e: {external: true}}\n",
			[]string{
				"a src acme/a",
				"c dev D t args[A:1] labels[x:y] contexts[base:target:a f:dev/f os:docker-image://debian] linux/arm64 r/c:1 secret=s::./s.txt secret=id:V: secret=e::e",
			},
		},
		"scalars": {
			"services: {a: {build: {args: {A: 1.10, B: yes, C: 0x10, D: null, E: '1.10', F: true, G: 2024-01-01, H: 1e3}}}}",
			[]string{"a dev args[A:1.1 B:yes C:16 E:1.10 F:true G:2024-01-01 H:1000]"},
		},
		"variables": {
			"services: {a: {build: {args: {A: '$SET ${SET} $$SET', B: '${NO:-x}-${EMPTY-y}-${EMPTY:-z}', C: '${SET:+on}${NO+off}', D: '${NO:-${SET}}', E: \"a$\", F: '$QUOTED'}}}}\n" +
				"=== dev/.env\n# c\nexport SET=1 # one\nEMPTY=\nQUOTED=\"a b\"\n",
			[]string{"a dev args[A:1 1 $SET B:x--z C:on D:1 E:a$ F:a b]"},
		},
		"arguments without a value": {
			"services: {a: {build: {args: [SET, EMPTY, UNKNOWN]}}, b: {build: {args: {SET: , UNKNOWN: }}}}\n=== dev/.env\nSET=1\nEMPTY=\n",
			[]string{"a dev args[EMPTY: SET:1]", "b dev args[SET:1]"},
		},
		"anchors": {
			"x-build: &b {context: ., args: {A: '1'}}\nx-more: &m {target: t, context: other}\nservices: {a: {build: {<<: [*b, *m], dockerfile: D}}, b: {build: {<<: *m, context: own}}, c: {build: *b}}",
			[]string{"a dev D t args[A:1]", "b dev/own t", "c dev args[A:1]"},
		},
		"extends and includes": {
			"include: [../lib/compose.yaml, {path: [more.yaml]}]\nservices:\n  a: {extends: b, build: {args: {A: '2'}}}\n  b: {build: {context: b, args: [A=1, B=1], tags: [x/y:1]}}\n" +
				"  c: {extends: {file: ../lib/base.yaml, service: base}, build: {target: t}}\n" +
				"=== lib/compose.yaml\nservices: {lib: {build: .}}\n=== dev/more.yaml\nservices: {more: {build: {dockerfile: M}}}\n=== lib/base.yaml\nservices: {base: {build: {context: ./src, additional_contexts: {f: ./f, s: 'service:b', i: 'docker-image://x'}}}}\n",
			[]string{"lib lib", "more dev M", "a dev/b args[A:2 B:1] x/y:1", "b dev/b args[A:1 B:1] x/y:1", "c lib/src t contexts[f:lib/f i:docker-image://x s:target:b]"},
		},
		"what bake adds": {
			"services: {a: {build: {context: ., platforms: [linux/amd64], x-bake: {tags: [r/a:1, r/a:2], platforms: linux/arm64, contexts: {x: 'target:b'}, secret: ['id=s,env=V']}}}}",
			[]string{"a dev contexts[x:target:b] linux/amd64,linux/arm64 r/a:1,r/a:2 secret=s:V:"},
		},
		"nothing is built": {"services: {a: {image: x}}", nil},
		"an address":       {"services: {a: {build: 'https://example.org/x.git#main:sub'}}", []string{"a https://example.org/x.git#main:sub"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			targets, messages, err := compose(test.content)
			if err != nil || len(messages) > 0 {
				t.Fatal(err, messages)
			}
			if diff := cmp.Diff(test.want, print(targets)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMistakesOfComposeFilesAreFoundTogether(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		want    []string
	}{
		"services": {
			"include: [gone.yaml, compose.yaml]\nservices:\n  a: {extends: a, build: .}\n  b: {extends: c}\n  d: {extends: {file: gone.yaml, service: x}}\n  e: {build: '${MUST:?say which}'}\n",
			[]string{
				`dev/compose.yaml:1:11: the file "gone.yaml" cannot be read`, "dev/compose.yaml:1:22: the file dev/compose.yaml includes itself",
				`dev/compose.yaml:3:3: the service "a" extends itself`, `dev/compose.yaml:4:16: "b" extends the service "c", which is nowhere`,
				`dev/compose.yaml:5:23: the file "gone.yaml" cannot be read`,
				`dev/compose.yaml:6:14: the variable MUST has no value: write it into .env beside the file ("say which")`,
			},
		},
		"a secret": {"services: {a: {build: {secrets: [gone]}}}", []string{`dev/compose.yaml:1:34: the secret "gone" is nowhere`}},
		"twice":    {"include: b.yaml\nservices: {a: {build: .}}\n=== dev/b.yaml\nservices: {a: {build: x}}", []string{`dev/compose.yaml:2:12: the service "a" is declared twice`}},
		"no YAML":  {"services: {", []string{"dev/compose.yaml:2:1: it is not YAML: did not find expected node content"}},
		"a bomb":   {bomb(), []string{"dev/compose.yaml:1:10: the file holds too much, or an anchor holds itself"}},
		"a loop":   {"a: &a [*a]\nservices: {}", []string{"dev/compose.yaml:1:4: the file holds too much, or an anchor holds itself"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, messages, err := compose(test.content)
			if diff := cmp.Diff(test.want, messages); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

// bomb has nine lists of nine of the list before.
func bomb() string {
	var out strings.Builder
	out.WriteString("a0: &a0 [x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&out, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	return out.String()
}

// Whatever a compose file holds, reading it ends.
func FuzzCompose(f *testing.F) {
	f.Add("services: {a: {build: {context: ., args: [A=1, B], <<: *x}, extends: {service: b}}, b: {build: .}}")
	f.Add("include: [b.yaml]\nx: &x {build: '${A:-${B:-c}}'}\nservices: {a: {<<: [*x, *x]}}\n=== dev/b.yaml\nservices: {b: {build: ., platform: p}}\n=== dev/.env\nA=1")
	f.Fuzz(func(t *testing.T, content string) {
		if targets, messages, err := compose(content); err != nil || len(messages) > 0 && len(targets) > 0 {
			t.Errorf("%d targets, %v, %v", len(targets), messages, err)
		}
	})
}
