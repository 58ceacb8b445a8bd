package script

import (
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// goal is what a command line of make asks for.
type goal struct {
	dir, file string
	targets   []string
	given     map[string]string
}

// makeFiles are the names that make looks for (https://www.gnu.org/software/make/manual/html_node/Makefile-Names.html).
var makeFiles = []string{"GNUmakefile", "makefile", "Makefile"}

// parseGoal reads the arguments of make.
func parseGoal(dir string, args []string) goal {
	g := goal{dir: dir, given: map[string]string{}}
	for i := 0; i < len(args); i++ {
		name, value, hasValue := strings.Cut(args[i], "=")
		switch name {
		case "-C", "--directory", "-f", "--file", "--makefile", "-I", "-o", "-W":
			if !hasValue && i+1 < len(args) {
				i++
				value = args[i]
			}
		}
		switch {
		case name == "-C" || name == "--directory":
			g.dir = Below(g.dir, value)
		case name == "-f" || name == "--file" || name == "--makefile":
			g.file = value
		case strings.HasPrefix(name, "-") || args[i] == value:
		case hasValue && !IsOpen(name):
			g.given[strings.TrimRight(name, ":?")] = value
		default:
			g.targets = append(g.targets, args[i])
		}
	}
	if g.dir == "." {
		g.dir = ""
	}
	return g
}

// make runs the recipes of targets in a Makefile of the project. The command itself comes first; it and the commands of the recipes have
// the same number.
func (w *walker) make(s *state, args []string, env map[string]string) bool {
	g := parseGoal(s.dir, args[1:])
	s = s.clone()
	s.dir = g.dir
	maps.Copy(s.variables, env)
	m := &makefile{w: w, state: s, goal: g, values: map[string]string{}, rules: map[string]*makeRule{}, done: map[string]bool{}}
	names := makeFiles
	if g.file != "" {
		names = []string{g.file}
	}
	if w.depth > maxDepth || !slices.ContainsFunc(names, func(name string) bool { return m.read(Below(g.dir, name), 0) }) {
		return false
	}
	if len(g.targets) == 0 {
		g.targets = []string{m.first}
	}
	for _, target := range g.targets {
		if m.rules[target] == nil && !m.hasPattern(target) {
			return false
		}
	}
	isOutermost := w.makes == 0
	if isOutermost {
		w.lastMake++
		w.makes = w.lastMake
		w.add(Command{Args: args, Dir: s.dir, IsInner: w.inner > 0, At: w.at, Make: w.makes})
	}
	for _, target := range g.targets {
		m.build(target)
	}
	if isOutermost {
		w.makes = 0
	}
	return true
}

// build runs the recipes of a target, those of the targets that it needs first.
func (m *makefile) build(target string) {
	rule, stem := m.rules[target], ""
	if rule == nil {
		if rule, stem = m.pattern(target); rule == nil {
			return
		}
	}
	if m.done[target] || len(m.done) > maxValues {
		return
	}
	m.done[target] = true
	var needs []string
	for _, need := range Split(m.expand(rule.needs, nil, 0)) {
		if need = strings.ReplaceAll(need, "%", stem); need != "" && need != "|" {
			needs = append(needs, need)
			m.build(need)
		}
	}
	automatic := map[string]string{"@": target, "<": strings.Join(needs[:min(1, len(needs))], ""), "^": strings.Join(needs, " "), "*": stem}
	for _, line := range rule.recipe {
		m.run(line, automatic)
	}
}

// run runs a line of a recipe in a shell of its own.
func (m *makefile) run(line makeLine, automatic map[string]string) {
	text := strings.TrimLeft(m.expand(strings.TrimLeft(line.text, "@-+ \t"), automatic, 0), "@-+ \t")
	file, err := parse(text)
	if err != nil {
		m.w.add(Command{Args: []string{"make", automatic["@"]}, At: diagnostic.Span{File: line.file, Line: line.number}, Make: m.w.makes, Recipe: text, Reason: err.Error()})
		return
	}
	s := m.state.clone()
	for _, name := range m.exported {
		s.variables[name] = m.expand("$("+name+")", automatic, 0)
	}
	maps.Copy(s.variables, m.goal.given)
	m.w.within(s, file.Stmts, nil, origin{file: line.file, above: diagnostic.Span{File: line.file, Line: line.number - 1}, hasLines: true})
}

func (m *makefile) hasPattern(target string) bool {
	rule, _ := m.pattern(target)
	return rule != nil
}

// pattern returns the pattern rule that matches a target, such as `image-%`, and the text that matches its "%".
func (m *makefile) pattern(target string) (*makeRule, string) {
	for _, name := range m.patterns {
		before, after, _ := strings.Cut(name, "%")
		if len(target) > len(before)+len(after) && strings.HasPrefix(target, before) && strings.HasSuffix(target, after) {
			return m.rules[name], target[len(before) : len(target)-len(after)]
		}
	}
	return nil, ""
}
