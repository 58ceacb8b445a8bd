package script

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// makefile is what a Makefile and the files that it includes say. Values are as they are written.
type makefile struct {
	w        *walker
	state    *state
	goal     goal
	values   map[string]string
	rules    map[string]*makeRule
	patterns []string
	first    string
	done     map[string]bool

	exported []string

	// open are the conditions that the line that is read is in.
	open      []makeBranch
	isJudging bool
	// current are the rules that recipes belong to.
	current []*makeRule
}

// makeBranch is a condition. IsDone says that one of its branches was certain.
type makeBranch struct {
	verdict verdict
	isDone  bool
}

type makeRule struct {
	needs  string
	recipe []makeLine
}

// makeLine is a line of a recipe, and where it is.
type makeLine struct {
	text, file string
	number     int
}

var (
	makeAssignment = regexp.MustCompile(`^((?:(?:export|override|private)\s+)*)([A-Za-z0-9_.-]+)\s*(:{0,3}=|\?=|\+=|!=)\s*(.*)$`)
	makeTarget     = regexp.MustCompile(`^([^:=#]+?)\s*::?(?:\s*([^=].*))?$`)
	makeComment    = regexp.MustCompile(`(^|\s)#.*$`)
	makeInclude    = regexp.MustCompile(`^(?:-|s)?include\s+(.+)$`)
)

// read reads a file, and reports whether it is there.
func (m *makefile) read(name string, depth int) bool {
	content, err := m.w.read(name)
	if err != nil || depth > maxDepth {
		return false
	}
	lines := strings.Split(content, "\n")
	m.w.left -= len(lines) / 10
	isDefinition := false
	for i := 0; i < len(lines); i++ {
		number, line := i+1, lines[i]
		for strings.HasSuffix(line, `\`) && i+1 < len(lines) {
			i++
			line += "\n" + strings.TrimPrefix(lines[i], "\t")
		}
		plain := strings.TrimSpace(makeComment.ReplaceAllString(strings.Join(strings.Fields(strings.ReplaceAll(line, "\\\n", " ")), " "), ""))
		switch {
		case isDefinition:
			isDefinition = plain != "endef"
		case !strings.HasPrefix(line, "\t") && m.condition(plain):
		case m.isIn(isFalse):
		case strings.HasPrefix(line, "\t") && len(m.current) > 0:
			for _, rule := range m.current {
				rule.recipe = append(rule.recipe, makeLine{line, name, number})
			}
		case strings.HasPrefix(plain, "define "):
			isDefinition = true
		default:
			m.line(plain, depth, makeLine{"", name, number})
		}
	}
	return true
}

// line reads an assignment, an include or the head of a rule.
func (m *makefile) line(plain string, depth int, at makeLine) {
	if parts := makeAssignment.FindStringSubmatch(plain); parts != nil {
		m.current = nil
		m.assign(parts)
		return
	}
	if parts := makeInclude.FindStringSubmatch(plain); parts != nil {
		for _, name := range Split(m.expand(parts[1], nil, 0)) {
			m.read(Below(m.goal.dir, name), depth+1)
		}
		return
	}
	if parts := makeTarget.FindStringSubmatch(plain); parts != nil {
		m.rule(parts[1], parts[2], at)
	}
}

// rule begins a rule. Those of a target add up, since a condition that only the job knows can choose between them.
func (m *makefile) rule(targets, needs string, at makeLine) {
	m.current = nil
	if parts := makeAssignment.FindStringSubmatch(needs); parts != nil {
		m.assign(parts)
		return
	}
	needs, recipe, hasRecipe := strings.Cut(needs, ";")
	for _, target := range Split(m.expand(targets, nil, 0)) {
		r := m.rules[target]
		if r == nil {
			r = &makeRule{}
			m.rules[target] = r
		}
		if strings.Contains(target, "%") && !slices.Contains(m.patterns, target) {
			m.patterns = append(m.patterns, target)
		}
		if m.first == "" && !strings.HasPrefix(target, ".") && !strings.Contains(target, "%") {
			m.first = target
		}
		r.needs = strings.TrimSpace(r.needs + " " + needs)
		if hasRecipe {
			r.recipe = append(r.recipe, makeLine{recipe, at.file, at.number})
		}
		m.current = append(m.current, r)
	}
}

// assign sets a variable. A value that depends on a condition that only the job knows is not known.
func (m *makefile) assign(parts []string) {
	name, operator, value := parts[2], parts[3], parts[4]
	if strings.Contains(parts[1], "export") {
		m.exported = append(m.exported, name)
	}
	_, isSet := m.values[name]
	if operator == "?=" {
		if _, isKnown := m.w.value(m.state, name); isKnown || isSet {
			return
		}
	}
	switch {
	case m.isIn(unknown):
		value = "$${" + name + "}"
	case operator == "!=":
		value = "$(shell " + value + ")"
	case operator == "+=" && isSet:
		value = m.values[name] + " " + value
	case strings.HasSuffix(operator, ":="):
		value = strings.ReplaceAll(m.expand(value, nil, 0), "$", "$$")
	}
	m.values[name] = value
}

// condition follows a condition, and reports whether the line is one.
func (m *makefile) condition(line string) bool {
	word, rest, _ := strings.Cut(line, " ")
	last := len(m.open) - 1
	switch word {
	case "ifdef", "ifndef", "ifeq", "ifneq":
		m.open = append(m.open, makeBranch{verdict: m.judge(word, rest)})
	case "else":
		if last >= 0 {
			m.otherwise(&m.open[last], rest)
		}
	case "endif":
		m.open = m.open[:max(last, 0)]
	default:
		return false
	}
	return true
}

// otherwise goes on to the next branch, which can have a condition.
func (m *makefile) otherwise(branch *makeBranch, condition string) {
	branch.isDone = branch.isDone || branch.verdict == isTrue
	branch.verdict = not(branch.verdict)
	if branch.isDone {
		branch.verdict = isFalse
	}
	if word, rest, _ := strings.Cut(condition, " "); strings.HasPrefix(word, "if") && !branch.isDone {
		if verdict := m.judge(word, rest); branch.verdict == isTrue || verdict == isFalse {
			branch.verdict = verdict
		}
	}
}

// isIn reports whether one of the conditions around a line has a verdict.
func (m *makefile) isIn(v verdict) bool {
	return slices.ContainsFunc(m.open, func(branch makeBranch) bool { return branch.verdict == v })
}

// judge judges a condition. A variable that neither a file nor GitLab sets is empty.
func (m *makefile) judge(word, rest string) verdict {
	m.isJudging = true
	defer func() { m.isJudging = false }()
	left, right := "", ""
	switch inner, isList := strings.CutPrefix(strings.TrimSpace(rest), "("); {
	case strings.HasSuffix(word, "def"):
		left = "$(" + m.expand(rest, nil, 0) + ")"
	case isList:
		left, right = cutArgument(strings.TrimSuffix(inner, ")"))
	default:
		if fields := Split(rest); len(fields) == 2 {
			left, right = strings.Trim(fields[0], `"'`), strings.Trim(fields[1], `"'`)
		}
	}
	left, right = strings.TrimSpace(m.expand(left, nil, 0)), strings.TrimSpace(m.expand(right, nil, 0))
	switch {
	case IsOpen(left + right):
		return unknown
	case word == "ifdef" || word == "ifneq":
		return of(left != right)
	}
	return of(left == right)
}

// expand replaces the variables of make in a text. The result is a piece of shell: what only the job knows is `${NAME}` or `$(command)`.
func (m *makefile) expand(text string, automatic map[string]string, depth int) string {
	if m.w.left--; m.w.left < 0 || depth > 2*maxDepth {
		return "${MAKEFILE}"
	}
	var out strings.Builder
	for i := 0; i < len(text) && out.Len() < maxValue; i++ {
		if text[i] != '$' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		i++
		switch text[i] {
		case '$':
			out.WriteByte('$')
		case '(', '{':
			inner := enclosed(text[i:])
			i += len(inner) + 1
			out.WriteString(m.reference(inner, automatic, depth+1))
		default:
			out.WriteString(m.reference(text[i:i+1], automatic, depth+1))
		}
	}
	return out.String()
}

// reference is the value of a variable or a function.
func (m *makefile) reference(inner string, automatic map[string]string, depth int) string {
	if word, rest, isCall := strings.Cut(inner, " "); isCall {
		return m.function(word, rest, automatic, depth)
	}
	name := inner
	if strings.Contains(name, "$") {
		name = m.expand(name, automatic, depth)
	}
	if value, ok := automatic[name]; ok {
		return value
	}
	if value, ok := m.goal.given[name]; ok {
		return value
	}
	if value, ok := m.values[name]; ok {
		return m.expand(value, automatic, depth)
	}
	value, isKnown := m.w.value(m.state, name)
	switch {
	case isKnown:
		return value
	case name == "MAKE":
		return "make"
	case name == "CURDIR":
		return Below("${CI_PROJECT_DIR}", m.goal.dir)
	case m.isJudging && !IsPredefined(name):
		return ""
	case !variableName.MatchString(name):
		return "$(make " + name + ")"
	}
	return "${" + name + "}"
}

// function is the value of a function. What stemma does not compute stays open.
func (m *makefile) function(name, rest string, automatic map[string]string, depth int) string {
	first, second := cutArgument(rest)
	value := func(text string) string { return m.expand(strings.TrimSpace(text), automatic, depth) }
	switch name {
	case "shell":
		return "$(" + value(rest) + ")"
	case "strip":
		return strings.Join(Split(value(rest)), " ")
	case "notdir", "dir", "firstword":
		words := Split(value(rest))
		if len(words) == 1 && !IsOpen(words[0]) || name == "firstword" {
			return map[string]string{"notdir": path.Base(words[0]), "dir": path.Dir(words[0]) + "/", "firstword": words[0]}[name]
		}
	case "if", "or":
		condition := value(first)
		then, otherwise := cutArgument(second)
		if name == "or" {
			then, otherwise = first, second
		}
		switch {
		case IsOpen(condition) && name == "if":
		case condition != "":
			return value(then)
		default:
			return value(otherwise)
		}
	case "subst":
		to, text := cutArgument(second)
		if out := value(text); !IsOpen(out) {
			return strings.ReplaceAll(out, value(first), value(to))
		}
	}
	return "$(" + name + " " + strings.NewReplacer("$", "", "(", "", ")", "").Replace(rest) + ")"
}

// variableName matches the names of variables that a shell can have.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// enclosed is the text between the bracket that a text begins with and the one that closes it.
func enclosed(text string) string {
	level := 0
	for i := range len(text) {
		switch text[i] {
		case '(', '{':
			level++
		case ')', '}':
			if level--; level == 0 {
				return text[1:i]
			}
		}
	}
	return text[1:]
}

// cutArgument cuts a text at the first comma outside of brackets.
func cutArgument(text string) (before, after string) {
	level := 0
	for i := range len(text) {
		switch text[i] {
		case '(', '{':
			level++
		case ')', '}':
			level--
		case ',':
			if level == 0 {
				return text[:i], strings.TrimSpace(text[i+1:])
			}
		}
	}
	return text, ""
}
