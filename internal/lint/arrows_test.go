// Package lint holds no code but proofs about the module as a whole: who imports whom, and that every kind of finding has a
// page of the manual and a test.
package lint

import (
	"slices"
	"strings"
	"testing"
)

const module = "gitlab.com/stemma-ci/stemma/"

// arrows says which packages of this module a package may import. A package that is not listed may not exist.
var arrows = map[string][]string{
	"cmd/stemma":        {"compiler", "compiler/definition", "compiler/diagnostic", "compiler/drift", "compiler/lineage", "compiler/lock", "compiler/pipeline", "internal/build", "internal/bump", "internal/cli", "internal/companion", "internal/evaluator", "internal/git", "internal/gitlab", "internal/job", "internal/jobcmd", "internal/local", "internal/network", "internal/oci", "internal/pin", "internal/projectci", "internal/report", "internal/scratch", "internal/store", "internal/terminal", "internal/why", "internal/worktree", "schema"},
	"cmd/stemma-fairy":  {"internal/cli", "internal/migrate/fairycmd"},
	"cmd/stemma-import": {"internal/cli", "internal/migrate/importcmd"},
	"cmd/stemma-job":    {"internal/cli", "internal/jobcmd"},

	"compiler":               {"compiler/cuex", "compiler/definition", "compiler/diagnostic", "compiler/emit", "compiler/lineage", "compiler/lock", "compiler/pipeline", "compiler/shape", "compiler/tree", "schema"},
	"compiler/lock":          {"compiler/diagnostic", "compiler/pattern"},
	"compiler/drift":         {"compiler/definition", "compiler/diagnostic", "compiler/emit", "compiler/pattern", "schema"},
	"compiler/emit":          {"compiler/definition", "compiler/diagnostic", "compiler/pipeline", "compiler/tree", "schema"},
	"compiler/changes":       {},
	"compiler/condition":     {},
	"compiler/pipeline":      {"compiler/changes", "compiler/condition", "compiler/content", "compiler/definition", "compiler/diagnostic", "compiler/lineage", "compiler/lock", "schema"},
	"compiler/lineage":       {"compiler/containerfile", "compiler/content", "compiler/definition", "compiler/diagnostic", "schema"},
	"compiler/definition":    {"compiler/content", "compiler/diagnostic", "compiler/pattern", "compiler/tree", "schema"},
	"compiler/cuex":          {"compiler/diagnostic", "compiler/shape", "compiler/tree"},
	"compiler/pattern":       {},
	"compiler/shape":         {"compiler/diagnostic", "compiler/tree"},
	"compiler/tree":          {"compiler/diagnostic"},
	"compiler/containerfile": {},
	"compiler/content":       {},
	"compiler/diagnostic":    {},

	"internal/evaluator":   {"compiler/cuex", "compiler/diagnostic", "compiler/tree", "internal/process", "schema"},
	"internal/cli":         {"internal/outside", "internal/terminal", "schema"},
	"internal/jobcmd":      {"internal/build", "internal/cli", "internal/gitlab", "internal/job", "internal/oci", "internal/scratch", "internal/terminal", "schema"},
	"internal/job":         {"compiler/diagnostic", "internal/build", "internal/gitlab", "internal/oci", "internal/outside", "internal/parallel", "internal/release", "internal/report", "internal/scratch", "internal/terminal", "internal/wave", "schema"},
	"internal/build":       {"compiler/diagnostic", "internal/git", "internal/network", "internal/outside", "internal/process", "internal/scratch", "schema"},
	"internal/release":     {"internal/oci", "internal/wave", "schema"},
	"internal/report":      {"compiler/diagnostic", "internal/terminal"},
	"internal/gitlab":      {"internal/network", "internal/outside", "internal/terminal"},
	"internal/network":     {"internal/outside", "schema"},
	"internal/oci":         {"internal/network", "internal/outside", "schema"},
	"internal/oci/ocitest": {"internal/network/networktest"},
	"internal/outside":     {},
	"internal/wave":        {},
	"internal/wave/fleet":  {"internal/wave"},
	"internal/pin":         {"compiler/definition", "compiler/lock", "internal/oci", "internal/parallel"},
	"internal/why":         {"internal/oci", "internal/release", "internal/terminal", "schema"},
	"internal/worktree":    {},
	"schema":               {},
	"scripts/mutate":       {},

	"internal/gitlab/gitlabtest":     {"internal/network/networktest"},
	"internal/network/networktest":   {},
	"internal/companion":             {},
	"internal/bump":                  {},
	"internal/ciyaml":                {"compiler/content", "compiler/diagnostic", "compiler/pattern"},
	"internal/projectci":             {"compiler/definition", "compiler/diagnostic", "compiler/pipeline", "internal/ciyaml"},
	"internal/gitlabci/config":       {"compiler/diagnostic", "internal/ciyaml", "internal/gitlabci/expression", "internal/gitlabci/input", "internal/gitlabci/problem", "internal/gitlabci/rule", "internal/gitlabci/variable"},
	"internal/gitlabci/expression":   {},
	"internal/gitlabci/gitlabcitest": {"internal/gitlabci/config", "internal/gitlabci/pipeline", "internal/gitlabci/variable"},
	"internal/gitlabci/glob":         {},
	"internal/gitlabci/input":        {"internal/ciyaml", "internal/gitlabci/expression", "internal/gitlabci/problem", "internal/gitlabci/variable"},
	"internal/gitlabci/pipeline":     {"internal/ciyaml", "internal/gitlabci/config", "internal/gitlabci/expression", "internal/gitlabci/glob", "internal/gitlabci/problem", "internal/gitlabci/rule", "internal/gitlabci/variable"},
	"internal/gitlabci/problem":      {"compiler/diagnostic"},
	"internal/gitlabci/rule":         {"compiler/diagnostic", "internal/ciyaml", "internal/gitlabci/expression", "internal/gitlabci/glob", "internal/gitlabci/problem", "internal/gitlabci/variable"},
	"internal/gitlabci/variable":     {},
	"internal/chain":                 {},
	"internal/local":                 {"internal/build", "internal/chain", "internal/job", "internal/oci", "internal/parallel", "internal/scratch", "internal/store", "internal/terminal", "schema"},
	"internal/store":                 {"internal/oci"},
	"internal/parallel":              {},
	"internal/terminal":              {},
	"internal/git":                   {"internal/network", "internal/outside", "internal/process", "schema"},
	"internal/process":               {},
	"internal/scratch":               {},

	"internal/migrate/bake":           {"compiler/diagnostic"},
	"internal/migrate/bakefiles":      {"compiler/containerfile", "compiler/definition", "compiler/diagnostic", "internal/migrate/bake", "internal/migrate/importer", "schema"},
	"internal/migrate/citemplates":    {"compiler/definition", "compiler/diagnostic", "internal/ciyaml", "internal/migrate/importer", "schema"},
	"internal/migrate/containerfiles": {"compiler/containerfile", "compiler/diagnostic", "internal/migrate/importer", "schema"},
	"internal/migrate/dockerpkg":      {"compiler/containerfile", "compiler/definition", "compiler/diagnostic", "internal/migrate/importer", "internal/migrate/jinja", "internal/migrate/pyyaml", "schema"},
	"internal/migrate/fairy":          {"internal/git", "internal/gitlab", "internal/migrate/jinja", "internal/migrate/pyyaml", "internal/network", "internal/terminal"},
	"internal/migrate/fairycmd":       {"internal/cli", "internal/git", "internal/gitlab", "internal/migrate/fairy", "internal/report", "internal/terminal", "schema"},
	"internal/migrate/gipgee":         {"compiler/containerfile", "compiler/content", "compiler/diagnostic", "internal/migrate/importer", "schema"},
	"internal/migrate/importer":       {"compiler/definition", "compiler/diagnostic", "compiler/shape", "internal/terminal", "internal/worktree", "schema"},
	"internal/migrate/importcmd":      {"compiler/diagnostic", "internal/cli", "internal/migrate/bakefiles", "internal/migrate/citemplates", "internal/migrate/containerfiles", "internal/migrate/dockerpkg", "internal/migrate/gipgee", "internal/migrate/importer", "internal/migrate/zuul", "internal/report", "internal/worktree"},
	"internal/migrate/importertest":   {"compiler", "compiler/diagnostic", "internal/migrate/importer"},
	"internal/migrate/jinja":          {"compiler/diagnostic"},
	"internal/migrate/pyyaml":         {"internal/migrate/jinja"},
	"internal/migrate/zuul":           {"compiler/containerfile", "compiler/definition", "compiler/diagnostic", "internal/migrate/importer", "internal/migrate/jinja", "internal/migrate/pyyaml"},
}

// thirdParties says which packages may import a module of others. One that is not listed may not be imported.
var thirdParties = map[string][]string{
	"cuelang.org/go":                         {"compiler/cuex"},
	"github.com/bmatcuk/doublestar/v4":       {"cmd/stemma", "compiler/content", "compiler/definition", "internal/ciyaml"},
	"github.com/go-git/go-git/v5":            {"internal/worktree"},
	"github.com/google/go-containerregistry": {"internal/oci", "internal/oci/ocitest"},
	"github.com/hashicorp/hcl/v2":            {"internal/migrate/bake"},
	"github.com/klauspost":                   {"internal/oci"},
	"github.com/moby/buildkit":               {"compiler/containerfile", "internal/build"},
	"github.com/moby/patternmatcher":         {"compiler/content"},
	"github.com/rogpeppe/go-internal":        {"internal/store"},
	"github.com/spf13/cobra":                 {"cmd/stemma", "internal/cli", "internal/jobcmd", "internal/migrate/fairycmd", "internal/migrate/importcmd"},
	"go.yaml.in/yaml/v4":                     {"compiler/definition", "compiler/lock", "internal/bump", "internal/ciyaml", "internal/migrate/bake", "internal/migrate/gipgee", "internal/migrate/importer", "internal/migrate/pyyaml", "internal/migrate/zuul"},
	"golang.org/x/sys":                       {"internal/scratch"},
	"golang.org/x/mod":                       {"internal/job"},
	"github.com/zclconf/go-cty":              {"internal/migrate/bake"},
	"gitlab.com/gitlab-org/api/client-go/v2": {"internal/gitlab"},
}

// impure is the part of the standard library that the compiler may not import: with it the same files could give other
// output on another machine or day.
var impure = []string{"crypto/rand", "log", "math/rand", "net", "os", "plugin", "runtime", "syscall", "time", "unsafe"}

// compilers is what only the compiler's half of the module may reach.
var compilers = []string{"cuelang.org/go", "github.com/go-git", "github.com/moby/buildkit/frontend/dockerfile/instructions", "go.yaml.in/yaml", module + "compiler"}

// migration is what only stemma-import and stemma-fairy may reach.
var migration = []string{"github.com/hashicorp/hcl", "github.com/zclconf/go-cty", module + "internal/migrate"}

// separate says what a package may not reach, over any number of steps: the job commands start fast and can be a program of
// their own, stemma itself links nothing that only a migration needs, and the compiler knows nothing of the world outside.
var separate = map[string][]string{
	"cmd/stemma":     migration,
	"internal/job":   compilers,
	"internal/cli":   compilers,
	"cmd/stemma-job": slices.Concat(compilers, migration),
	"compiler":       {"github.com/go-git", "github.com/google/go-containerregistry", "github.com/spf13/cobra", module + "internal"},
}

// bridges may be reached all the same: a finding is a value that both halves print.
var bridges = []string{module + "compiler/diagnostic"}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	for name, imports := range readImports(t) {
		short, isOurs := strings.CutPrefix(name, module)
		if !isOurs {
			continue
		}
		allowed, isListed := arrows[short]
		if !isListed {
			t.Errorf("%s has no place in the order of packages: add it to arrows", short)
			continue
		}
		for _, imported := range imports {
			switch ours, isOurs := strings.CutPrefix(imported, module); {
			case isOurs && !slices.Contains(allowed, ours):
				t.Errorf("%s may not import %s", short, ours)
			case !isOurs && isStandard(imported) && strings.HasPrefix(short, "compiler") && isIn(imported, impure):
				t.Errorf("%s may not import %s: the compiler is pure", short, imported)
			case !isOurs && !isStandard(imported) && !mayImport(short, imported):
				t.Errorf("%s may not import %s", short, imported)
			}
		}
	}
}

func mayImport(name, imported string) bool {
	for other, allowed := range thirdParties {
		if isIn(imported, []string{other}) {
			return slices.Contains(allowed, name)
		}
	}
	return false
}

func TestHalvesStaySeparate(t *testing.T) {
	t.Parallel()
	imports := readImports(t)
	for name, forbidden := range separate {
		for _, path := range paths(imports, module+name) {
			last := path[len(path)-1]
			if isIn(last, forbidden) && !slices.Contains(bridges, last) {
				t.Errorf("%s may not reach %s, but does:\n\t%s", name, last, strings.Join(path, "\n\t→ "))
			}
		}
	}
}

// paths returns a shortest path from a package to each that it reaches.
func paths(imports map[string][]string, from string) [][]string {
	seen := map[string]bool{from: true}
	queue := [][]string{{from}}
	for i := 0; i < len(queue); i++ {
		path := queue[i]
		for _, next := range imports[path[len(path)-1]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, append(slices.Clone(path), next))
			}
		}
	}
	return queue[1:]
}

// isIn reports whether a package is one of, or stands below one of, some others.
func isIn(name string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool { return name == other || strings.HasPrefix(name, other+"/") })
}

// isStandard reports whether a package is the standard library's: no domain stands in front.
func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".")
}
