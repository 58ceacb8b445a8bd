// Package lint holds no code but proofs about the module as a whole: who imports whom, and that every kind of finding has a
// page of the manual and a test.
package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "gitlab.com/stemma-ci/stemma/"

// groups says which other groups of packages a group may reach, over any number of steps. A package belongs to the group with the
// longest name that begins its path. A package without a group may not exist.
var groups = map[string][]string{
	"schema":              {},
	"templates":           {},
	"compiler":            {"compiler/diagnostic", "schema"},
	"compiler/diagnostic": {},

	"internal/parallel":        {},
	"internal/report/terminal": {},
	"internal/report":          {"compiler/diagnostic", "internal/report/terminal"},
	"internal/platform":        {"compiler/diagnostic", "internal/report/terminal", "schema"},
	"internal/gitlabci":        {"compiler", "compiler/diagnostic", "schema", "templates"},
	"internal/cli":             {"compiler/diagnostic", "internal/platform", "internal/report/terminal", "schema"},
	"internal/ci":              {"compiler/diagnostic", "internal/cli", "internal/parallel", "internal/platform", "internal/report", "internal/report/terminal", "schema"},
	"internal/cue/client":      {"compiler", "compiler/diagnostic", "internal/platform", "internal/report/terminal", "schema"},
	"internal/cue":             {"compiler", "compiler/diagnostic", "internal/cli", "internal/cue/client", "internal/platform", "internal/report/terminal", "schema"},
	"internal/desk":            {"compiler", "compiler/diagnostic", "internal/ci", "internal/cli", "internal/cue/client", "internal/gitlabci", "internal/parallel", "internal/platform", "internal/report", "internal/report/terminal", "schema", "templates"},
	"internal/migrate":         {"compiler", "compiler/diagnostic", "internal/cli", "internal/gitlabci", "internal/platform", "internal/report", "internal/report/terminal", "schema"},

	"cmd/stemma":        {"compiler", "compiler/diagnostic", "internal/ci", "internal/cli", "internal/cue/client", "internal/desk", "internal/gitlabci", "internal/parallel", "internal/platform", "internal/report", "internal/report/terminal", "schema", "templates"},
	"cmd/stemma-job":    {"compiler/diagnostic", "internal/ci", "internal/cli", "internal/parallel", "internal/platform", "internal/report", "internal/report/terminal", "schema"},
	"cmd/stemma-import": {"compiler", "compiler/diagnostic", "internal/cli", "internal/gitlabci", "internal/migrate", "internal/platform", "internal/report", "internal/report/terminal", "schema"},
	"cmd/stemma-cue":    {"compiler", "compiler/diagnostic", "internal/cli", "internal/cue", "internal/cue/client", "internal/platform", "internal/report/terminal", "schema"},
	"cmd/stemma-rpm":    {"compiler/diagnostic", "internal/platform", "internal/report/terminal", "schema"},
	"cmd/stemma-fairy":  {"compiler/diagnostic", "internal/cli", "internal/migrate", "internal/platform", "internal/report", "internal/report/terminal", "schema"},
}

// thirdParties says which packages may import a module of others. One that is not listed may not be imported.
var thirdParties = map[string][]string{
	"cuelang.org/go":                         {"compiler/cuex", "internal/cue/modules", "scripts/startcue"},
	"github.com/glebarez/go-sqlite":          {"internal/platform/rpmdb"},
	"github.com/knqyf263/go-rpmdb":           {"internal/platform/rpmdb"},
	"github.com/bmatcuk/doublestar/v4":       {"compiler/content", "compiler/definition", "internal/desk/project", "internal/gitlabci/ciyaml"},
	"github.com/go-git/go-git/v5":            {"internal/platform/worktree"},
	"github.com/google/go-containerregistry": {"internal/ci/jobtest", "internal/platform/oci", "internal/platform/oci/ocitest"},
	"github.com/hashicorp/hcl/v2":            {"internal/migrate/bake"},
	"github.com/klauspost":                   {"internal/platform/oci", "internal/platform/rootfs"},
	"github.com/moby/buildkit":               {"compiler/containerfile", "internal/platform/buildah"},
	"github.com/moby/patternmatcher":         {"compiler/content"},
	"github.com/rogpeppe/go-internal":        {"internal/desk/check", "internal/desk/diff", "internal/desk/starter", "internal/desk/store"},
	"github.com/spf13/cobra":                 {"cmd/stemma", "internal/cli", "internal/ci/jobcmd", "internal/migrate/fairycmd", "internal/migrate/importcmd"},
	"github.com/spf13/pflag":                 {"internal/cli"},
	"go.yaml.in/yaml/v4":                     {"compiler/definition", "compiler/lock", "internal/desk/edit", "internal/gitlabci/ciyaml", "internal/migrate/bake", "internal/migrate/gipgee", "internal/migrate/importer", "internal/migrate/pyyaml", "internal/migrate/zuul"},
	"golang.org/x/sys":                       {"internal/platform/scratch"},
	"golang.org/x/term":                      {"internal/cli"},
	"golang.org/x/mod":                       {"internal/ci/release", "internal/cue/modules", "internal/gitlabci/projectci"},
	"github.com/zclconf/go-cty":              {"internal/migrate/bake"},
	"mvdan.cc/sh/v3":                         {"internal/migrate/script"},
}

// impure is the part of the standard library that the compiler may not import: with it the same files could give other
// output on another machine or day.
var impure = []string{"crypto/rand", "log", "math/rand", "net", "os", "plugin", "runtime", "syscall", "time", "unsafe"}

// compilers is what only the compiler's half of the module may reach.
var compilers = []string{"cuelang.org/go", "github.com/go-git", "github.com/moby/buildkit/frontend/dockerfile/instructions", "go.yaml.in/yaml", module + "compiler"}

// migration is what only stemma-import and stemma-fairy may reach.
var migration = []string{"github.com/hashicorp/hcl", "github.com/zclconf/go-cty", "mvdan.cc/sh", module + "internal/migrate"}

// evaluation is what only stemma-cue may reach: a program with CUE takes twice as long to start.
var evaluation = []string{"cuelang.org/go", module + "internal/cue/server"}

// databases is what only stemma-rpm may reach: it is large, and may crash for a damaged database.
var databases = []string{"github.com/glebarez/go-sqlite", "github.com/knqyf263/go-rpmdb", module + "internal/platform/rpmdb"}

// separate says what a package may not reach, over any number of steps: the job commands start fast and can be a program of
// their own, stemma itself links nothing that only a migration needs, and the compiler knows nothing of the world outside.
var separate = map[string][]string{
	"cmd/stemma":         slices.Concat(migration, databases, evaluation),
	"internal/ci/jobcmd": compilers,
	"internal/cli":       compilers,
	"cmd/stemma-job":     slices.Concat(compilers, migration, databases),
	"compiler":           {"github.com/go-git", "github.com/google/go-containerregistry", "github.com/spf13/cobra", module + "internal"},
}

// bridges may be reached all the same: a finding is a value that both halves print.
var bridges = []string{module + "compiler/diagnostic"}

func TestGroupsReachOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	imports := readImports(t)
	for name := range imports {
		short, isOurs := strings.CutPrefix(name, module)
		if !isOurs {
			continue
		}
		group := groupOf(short)
		if group == "" {
			t.Errorf("%s belongs to no group: add one to groups", short)
			continue
		}
		for _, path := range paths(imports, name) {
			reached, isOurs := strings.CutPrefix(path[len(path)-1], module)
			if other := groupOf(reached); isOurs && other != group && !slices.Contains(groups[group], other) {
				t.Errorf("%s may not reach %s, but %s does:\n\t%s", group, other, short, strings.Join(path, "\n\t→ "))
			}
		}
	}
}

// groupOf is the group with the longest name that begins the path of a package; empty where there is none.
func groupOf(short string) (group string) {
	for name := range groups {
		if isIn(short, []string{name}) && len(name) > len(group) {
			group = name
		}
	}
	return group
}

func TestPackagesImportOnlyTheLibrariesThatTheyMay(t *testing.T) {
	t.Parallel()
	for name, imports := range readImports(t) {
		short, isOurs := strings.CutPrefix(name, module)
		if !isOurs {
			continue
		}
		for _, imported := range imports {
			switch isOurs := strings.HasPrefix(imported, module); {
			case !isOurs && isStandard(imported) && isIn(short, []string{"compiler"}) && isIn(imported, impure):
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

// jobCommands are the packages of the commands that compiled jobs run. No other package of internal/ci may reach them, so that no command
// depends on another; jobcmd starts them, and jobtest is test support.
var jobCommands = []string{"build", "mirror", "poke", "prune", "rebuild", "release", "update", "verify"}

// sharedByCommands are the packages that jobcmd uses to start commands.
var sharedByCommands = []string{"imagetest", "jobenv", "output"}

func TestJobCommandsStaySeparate(t *testing.T) {
	t.Parallel()
	const folder = module + "internal/ci/"
	imports := readImports(t)
	for name := range imports {
		if short, isCI := strings.CutPrefix(name, folder); !isCI || short == "jobcmd" || short == "jobtest" {
			continue
		}
		for _, path := range paths(imports, name) {
			if command, isCI := strings.CutPrefix(path[len(path)-1], folder); isCI && slices.Contains(jobCommands, command) {
				t.Errorf("%s may not reach the command %s, but does:\n\t%s", name, command, strings.Join(path, "\n\t→ "))
			}
		}
	}
	var started []string
	for _, name := range imports[module+"internal/ci/jobcmd"] {
		if short, isCI := strings.CutPrefix(name, folder); isCI && !slices.Contains(sharedByCommands, short) {
			started = append(started, short)
		}
	}
	slices.Sort(started)
	if diff := cmp.Diff(jobCommands, started); diff != "" {
		t.Errorf("the commands (-) and the packages that jobcmd starts (+) differ:\n%s", diff)
	}
}

// A command has flags, one call and output; its logic is in other packages.
func TestTheCommandHasFewDirectDependencies(t *testing.T) {
	t.Parallel()
	const most = 13
	direct := slices.DeleteFunc(readImports(t)[module+"cmd/stemma"], isStandard)
	if len(direct) == 0 || len(direct) > most {
		t.Errorf("cmd/stemma has %d direct dependencies, want 1 to %d:\n%s", len(direct), most, strings.Join(direct, "\n"))
	}
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

// isIn reports whether a package is one of some others, or below one of them.
func isIn(name string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool { return name == other || strings.HasPrefix(name, other+"/") })
}

// isStandard reports whether a package is the standard library's: its path begins with no domain.
func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".")
}
