package bake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/bake"
)

// read reads files, of which the first is docker-bake.hcl, and the others begin with a line that names them.
func read(content string) ([]bake.Target, []string, []string) {
	var files []bake.File
	name := "docker-bake.hcl"
	for part := range strings.SplitSeq(content, "\n=== ") {
		if len(files) > 0 {
			name, part, _ = strings.Cut(part, "\n")
		}
		files = append(files, bake.File{Name: name, Content: []byte(part)})
	}
	targets, variables, found := bake.Read(files)
	var messages []string
	for _, finding := range found {
		messages = append(messages, fmt.Sprintf("%s: %s", finding.Span, finding.Message))
	}
	return targets, variables, messages
}

func TestTargetsAreReadAsBakeReadsThem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		want    []string
	}{
		"all that an image is made of": {
			`target "a" {
				context = "src"
				dockerfile = "Other"
				target = "final"
				args = { V = 1, N = null, B = true }
				labels = { "org.example" = "x" }
				contexts = { base = "target:b", os = "docker-image://debian", none = "" }
				platforms = ["linux/amd64", "linux/arm64"]
				tags = ["r/a:1", null, "", "r/a:1"]
				output = ["type=image,push=true", "./bin", { type = "docker" }]
				cache-from = ["type=gha"]
				no-cache = false
				description = "words"
			}
			target "b" { dockerfile-inline = "FROM x" }`,
			[]string{
				"a src Other final args[B:true V:1] labels[org.example:x] contexts[base:target:b os:docker-image://debian] linux/amd64,linux/arm64 r/a:1 image,local,docker cache-from",
				"b inline=FROM x",
			},
		},
		"later ones win": {
			`target "base" {
				args = {A = "1", B = "2"}
				platforms = ["p"]
			}
			target "more" {
				args = {B = "3"}
				tags = ["x"]
			}
			target "a" {
				inherits = ["base", "more"]
				args = {C = "4"}
				tags = []
			}`,
			[]string{"a args[A:1 B:3 C:4] p"},
		},
		"what is built is no part": {
			`group "default" { targets = ["base"] }
			target "base" {}
			target "used" {}
			target "part" {}
			target "a" {
				inherits = ["base", "used", "part"]
				contexts = { x = "target:used" }
			}`,
			[]string{"base", "used", "a contexts[x:target:used]"},
		},
		"files of one name": {
			"target \"a\" {\n context = \"x\"\n args = {A = \"1\"}\n}\nvariable \"V\" { default = \"1\" }\n=== docker-bake.override.json\n" +
				`{"variable": {"V": {"default": "2"}}, "target": {"a": {"args": {"B": "${V}"}, "tags": ["t"]}}, "group": {"g": {"targets": ["a"]}}}`,
			[]string{"a x args[A:1 B:2] t"},
		},
		"expressions": {
			`variable "TAG" { default = "v1" }
			variable "EMPTY" {}
			variable "NONE" { default = null }
			registry = "r"
			function "ref" {
				params = [name]
				variadic_params = more
				result = "${registry}/${name}:${TAG}${join("", more)}"
			}
			target "a" {
				tags = [ref("a"), ref("b", "-", "x"), notequal("", EMPTY) ? "no" : "yes", equal(NONE, null) ? "null" : ""]
				args = { UP = upper(TAG), IF = try(jsondecode("{"), "else"), SUM = "${1 + 2}", HASH = substr(sha256("x"), 0, 4), NAME = sanitize("a.b"), B = base64encode("a") }
			}`,
			[]string{"a args[B:YQ== HASH:2d71 IF:else NAME:a_b SUM:3 UP:V1] r/a:v1,r/b:v1-x,yes,null"},
		},
		"attributes of others": {
			`target "a-b" {
				args = { V = "1" }
				tags = ["r/a:1"]
			}
			target "c" {
				args = { V = target.a-b.args.V, W = target["a-b"].tags[0] }
				tags = target.a-b.tags
			}`,
			[]string{"a-b args[V:1] r/a:1", "c args[V:1 W:r/a:1] r/a:1"},
		},
		"secrets": {
			`target "a" {
				inherits = ["base"]
				secret = ["id=x,env=X", {id = "y", src = "/y"}, "type=env,id=z,src=Z", null, ""]
			}
			target "base" { secret = ["id=w", "type=file,id=x,source=old"] }`,
			[]string{"a secret=w:: secret=x:X: secret=y::/y secret=z:Z:"},
		},
		"a matrix": {
			`target "a" {
				name = "a-${os}-${item.v}"
				matrix = { os = ["x", "y"], item = [{v = "1"}, {v = "2"}] }
				args = { V = item.v }
				inherits = ["base"]
			}
			target "base" { context = "c" }
			target "child" { inherits = ["a-x-1"] }
			group "default" { targets = ["a", "child"] }`,
			[]string{"a-x-1 c args[V:1]", "a-y-1 c args[V:1]", "a-x-2 c args[V:2]", "a-y-2 c args[V:2]", "child c args[V:1]"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			targets, _, messages := read(test.content)
			if len(messages) > 0 {
				t.Fatal(messages)
			}
			if diff := cmp.Diff(test.want, print(targets)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// print is each target that is no part, in one line.
func print(targets []bake.Target) []string {
	var out []string
	for _, t := range targets {
		if t.IsPart {
			continue
		}
		words := []string{t.Name, t.Context, t.Dockerfile, t.Stage}
		if t.Inline != "" {
			words = append(words, "inline="+t.Inline)
		}
		for _, part := range []struct {
			name    string
			entries map[string]string
		}{{"args", t.Args}, {"labels", t.Labels}, {"contexts", t.Contexts}} {
			if len(part.entries) > 0 {
				words = append(words, strings.ReplaceAll(fmt.Sprint(part.entries), "map", part.name))
			}
		}
		words = append(words, strings.Join(t.Platforms, ","), strings.Join(t.Tags, ","), strings.Join(t.Outputs, ","))
		for _, secret := range t.Secrets {
			words = append(words, "secret="+secret.ID+":"+secret.Variable+":"+secret.File)
		}
		for name, other := range t.Others {
			if !other.IsEmpty {
				words = append(words, name)
			}
		}
		out = append(out, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	return out
}

func TestValuesOfTheMachineAreNotKnown(t *testing.T) {
	t.Parallel()
	targets, variables, messages := read(`
variable "NOW" { default = timestamp() }
variable "V" {}
target "a" {
	labels = { created = NOW, made = "with ${V}" }
	tags = ["r/a:${formatdate("YYYY", timestamp())}", "r/a:1"]
	context = homedir()
}`)
	if len(messages) > 0 || len(targets) != 1 {
		t.Fatal(targets, messages)
	}
	if want := []string{"a labels[made:with ] r/a:1"}; !cmp.Equal(want, print(targets)) {
		t.Error(cmp.Diff(want, print(targets)))
	}
	if diff := cmp.Diff([]string{"context", "labels.created", "tags"}, targets[0].Open); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"NOW", "V"}, variables); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesAreFoundTogether(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		want    []string
	}{
		"names": {
			"target \"a\" {\n inherits = [\"b\"]\n args = {V = NOWHERE}\n tags = [target.b.tags[0], nofunc(1)]\n}\ntarget \"b\" {\n inherits = [\"a\", \"x\"]\n}\ngroup \"g\" {\n targets = [\"aa\"]\n}",
			[]string{
				`docker-bake.hcl:1:1: the target "a" inherits itself: a → b → a`, "docker-bake.hcl:3:14: the variable NOWHERE is nowhere",
				"docker-bake.hcl:4:10: the target b has no tags of its own",
				`docker-bake.hcl:7:2: "b" inherits "x", which is nowhere; did you mean "a"?`,
				`docker-bake.hcl:9:1: the group "g" names the target "aa", which is nowhere; did you mean "a"?`,
			},
		},
		"kinds": {
			"target \"a\" {\n tags = \"x\"\n args = [1]\n context = {}\n}\nodd \"x\" {}\ntarget \"m\" {\n matrix = [1]\n}\ntarget \"n\" {\n matrix = {a = [1, 2]}\n}",
			[]string{
				"docker-bake.hcl:2:9: tags must be list of string", "docker-bake.hcl:3:9: args must be map of string", "docker-bake.hcl:4:12: context must be string",
				`docker-bake.hcl:6:1: unknown block "odd"`, "docker-bake.hcl:8:2: a matrix must be a map of lists",
				"docker-bake.hcl:10:1: the matrix makes the target \"n\" twice: let `name` tell them apart",
			},
		},
		"secrets": {
			"target \"a\" {\n secret = [\"env=X\", {src = \"x\"}, 1, []]\n}\ntarget \"b\" {\n secret = {id = \"x\"}\n}",
			[]string{
				"docker-bake.hcl:2:2: a secret has no id", "docker-bake.hcl:2:11: a secret is a text or an object", "docker-bake.hcl:5:11: secret must be a list",
			},
		},
		"circles": {
			"a = b\nb = a\ntarget \"t\" {\n args = {A = a}\n}",
			[]string{"docker-bake.hcl:2:5: the variable a leads back to itself"},
		},
		"endless attributes": {
			"target \"t\" {\n args = {A = target.t.args.A}\n}", []string{"docker-bake.hcl:2:14: args of the target t leads back to itself"},
		},
		"an endless function": {
			"function \"f\" {\n params = []\n result = \"${f()}${f()}\"\n}\ntarget \"t\" {\n args = {F = f()}\n}",
			[]string{"docker-bake.hcl:6:9: the function f calls itself without end"},
		},
		"doubling": {
			doubling(30) + "target \"t\" {\n args = {V = v30}\n}", []string{"docker-bake.hcl:21:7: the value is larger than 1 MiB"},
		},
		"syntax":   {"target \"a\" {", []string{`docker-bake.hcl:1:12: There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file`}},
		"a matrix": {"target \"a\" {\n matrix = {a = range(100), b = range(100)}\n}", []string{"docker-bake.hcl:2:2: the matrix makes more than 1000 targets"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, messages := read(test.content)
			if diff := cmp.Diff(test.want, messages); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// doubling are variables that each hold the one before twice.
func doubling(n int) string {
	var out strings.Builder
	out.WriteString("v0 = \"x\"\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&out, "v%d = \"${v%d}${v%d}\"\n", i, i-1, i-1)
	}
	return out.String()
}

// Whatever a file holds, there are targets or findings.
func FuzzRead(f *testing.F) {
	f.Add("variable \"V\" { default = \"1\" }\ntarget \"a\" {\n inherits = [\"b\"]\n args = {V = \"${V}${timestamp()}\"}\n matrix = {x = [1, 2]}\n name = \"a${x}\"\n}\ntarget \"b\" {\n output = [\"type=local\", {type = \"image\"}]\n}")
	f.Add("function \"f\" {\n params = [a]\n variadic_params = b\n result = concat([a], b)\n}\ngroup \"default\" { targets = f(\"x\", \"y\") }\ntarget \"x\" {}\n=== b.json\n{\"target\": {\"y\": {\"tags\": [\"${upper(\\\"a\\\")}\"]}}}")
	f.Fuzz(func(t *testing.T, content string) {
		if strings.Count(content, "range") > 2 || strings.Contains(content, "setproduct") {
			return // lists of lists of lists are large before anything can be counted
		}
		files := []bake.File{{Name: "docker-bake.hcl", Content: []byte(content)}, {Name: "docker-bake.json", Content: []byte(content)}}
		for _, some := range [][]bake.File{files[:1], files[1:], files} {
			if targets, _, found := bake.Read(some); found.HasErrors() && len(targets) > 0 {
				t.Errorf("%d targets and %v", len(targets), found)
			}
		}
	})
}
