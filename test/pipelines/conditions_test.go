package pipelines_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
	"gitlab.com/stemma-ci/stemma/test/definitions"
)

func TestEveryConditionThatIsPrintedParses(t *testing.T) {
	t.Parallel()
	sources := map[string]func(*testing.T) map[string][]byte{"templates": templates, "examples": compiledExamples, "scripts": scripts, "generated": generated}
	for name, read := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := 0
			for file, content := range read(t) {
				for _, condition := range conditions(content) {
					checked++
					if _, err := expression.Parse(condition.Value); err != nil {
						t.Errorf("%s:%d: %s: %v", file, condition.Line, condition.Value, err)
					}
				}
			}
			if checked < 5 {
				t.Errorf("only %d conditions were found", checked)
			}
		})
	}
}

// glob are the files of the repository that match patterns.
func glob(t *testing.T, patterns ...string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("no file matches %s: %v", pattern, err)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = content
		}
	}
	return out
}

func templates(t *testing.T) map[string][]byte { return glob(t, "templates/*.yml") }

func compiledExamples(t *testing.T) map[string][]byte {
	return glob(t, "examples/*/.gitlab/*.yml", "examples/*/*/.gitlab/*.yml", ".gitlab/*.yml", "*.yml", ".gitlab-ci.yml")
}

// scripts are the compiled files that the command tests expect.
func scripts(t *testing.T) map[string][]byte {
	out := map[string][]byte{}
	for name, content := range glob(t, "cmd/stemma/testdata/script/*.txtar") {
		for _, file := range txtar.Parse(content).Files {
			if bytes.Contains(file.Data, []byte("\n  rules:\n")) {
				out[name+"/"+file.Name] = file.Data
			}
		}
	}
	return out
}

func generated(t *testing.T) map[string][]byte {
	out := map[string][]byte{}
	for seed := range uint64(20) {
		result, _, err := compilertest.Compile(definitions.Generate(seed))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range result.Files {
			out[file.Path] = file.Content
		}
	}
	return out
}

// conditions are the values of all keys `if`.
func conditions(content []byte) []*yaml.Node {
	var out []*yaml.Node
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		var root yaml.Node
		if yaml.Unmarshal([]byte(document), &root) == nil {
			out = append(out, values(&root)...)
		}
	}
	return out
}

func values(node *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "if" {
			out = append(out, child)
		}
		out = append(out, values(child)...)
	}
	return out
}
