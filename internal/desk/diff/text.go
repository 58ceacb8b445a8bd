package diff

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// signs are before the names of images and jobs.
var signs = map[Kind]string{Added: "+", Removed: "−", Renamed: "→", Changed: "~", Rebuilt: "↻"}

// Text returns the comparison for people. What the project says cannot control the terminal.
func (d Diff) Text() string { return d.text(d.Sections()) }

// Summary is Text without the sections: what is compared, what is rebuilt and which projects are poked, or why nothing is compared.
func (d Diff) Summary() string { return d.text(nil) }

func (d Diff) text(sections []Section) string {
	var t printer
	if d.HasFindings() {
		d.Old.printFindings(&t, "The old version, "+d.Old.title()+",")
		d.New.printFindings(&t, "The new version")
		return t.String()
	}
	if d.IsEmpty() && d.Old.Definition == d.New.Definition {
		t.line("No effect: the images and the jobs are those of %s.", d.Old.title())
		d.printUnread(&t)
		return t.String()
	}
	t.line("Compared with %s", d.Old.title())
	d.notes(&t)
	for _, section := range sections {
		t.line("\n%s", section.Heading)
		t.WriteString(section.Text)
	}
	d.printReach(&t)
	return t.String()
}

// printFindings prints why a version cannot be compared.
func (s Side) printFindings(t *printer, version string) {
	if len(s.Findings) > 0 {
		t.line("%s does not compile, so nothing is compared:", version)
	}
	t.findings(s.Findings)
}

func (t *printer) findings(findings []Finding) {
	for _, f := range findings {
		t.line("  %s: error[%s]: %s", f.Place, f.Code, f.Message)
		if f.Hint != "" {
			t.line("    hint: %s", f.Hint)
		}
	}
}

// Section is a part of the comparison as text. The project says nothing in a heading.
type Section struct{ Heading, Text string }

// Sections returns the changes as text, in parts.
func (d Diff) Sections() []Section {
	var sections []Section
	add := func(heading string, print func(*printer)) {
		var t printer
		if print(&t); t.Len() > 0 {
			sections = append(sections, Section{heading, t.String()})
		}
	}
	add("Project", func(t *printer) { t.changes(d.Project) })
	add("Lock", func(t *printer) { t.changes(d.Lock) })
	add(imagesHeading, func(t *printer) {
		for _, image := range d.Images {
			image.print(t)
		}
	})
	add("Pipeline", func(t *printer) { t.changes(d.Pipeline) })
	byDefinition := map[string][]Job{}
	for _, job := range d.Jobs {
		byDefinition[job.Definition] = append(byDefinition[job.Definition], job)
	}
	add("Jobs", func(t *printer) { printJobs(t, byDefinition[""]) })
	delete(byDefinition, "")
	add("Child pipelines", func(t *printer) {
		for _, child := range d.Children {
			t.line("Started by %s:", first(child.StartedBy))
			child.print(t, d)
		}
	})
	add("Jobs of other definitions", func(t *printer) {
		for _, folder := range keysOf(byDefinition) {
			t.line("In %s, where `stemma diff` says more:", place(folder))
			printJobs(t, byDefinition[folder])
		}
	})
	add("Contents of the images", func(t *printer) {
		for _, contents := range d.Contents {
			t.line("%s", contents.Name)
			t.changes(contents.Changes)
			if contents.Problem != "" {
				t.line("  %s", contents.Problem)
			}
		}
	})
	return sections
}

const imagesHeading = "Images"

// Shorten returns a section without the images that are only rebuilt because of others, and with their number instead.
func (d Diff) Shorten(s Section) Section {
	if s.Heading != imagesHeading {
		return s
	}
	var t printer
	rebuilt := 0
	for _, image := range d.Images {
		if image.Kind == Rebuilt {
			rebuilt++
		} else {
			image.print(&t)
		}
	}
	if rebuilt > 0 {
		t.line("%s %s because of these", signs[Rebuilt], map[bool]string{true: "1 other image is rebuilt", false: fmt.Sprintf("%d other images are rebuilt", rebuilt)}[rebuilt == 1])
	}
	return Section{s.Heading, t.String()}
}

// Text returns what happens to an image.
func (i Image) Text() string {
	var t printer
	i.print(&t)
	return t.String()
}

func (s Side) title() string {
	if s.Commit == "" || strings.HasPrefix(s.Commit, s.Name) {
		return s.Name
	}
	return fmt.Sprintf("%s (%.8s)", s.Name, s.Commit)
}

func (d Diff) notes(t *printer) {
	if d.Compiler != nil {
		t.line("stemma %s compiled the old version, and this is stemma %s: tags may change because of that alone.", d.Compiler.Old, d.Compiler.New)
	}
	if d.IsOutdated {
		t.line("The compiled files of %s differ from its compiled definition. The comparison uses their tags, because jobs have built these images.", d.Old.title())
	}
	switch old, is := d.Old.Definition, d.New.Definition; {
	case old == is:
	case old == "":
		t.line("The project gets a definition: %s.", is)
	case is == "":
		t.line("The definition %s is removed.", old)
	default:
		t.line("The definition moves from %s to %s.", old, is)
	}
	for _, side := range []Side{d.Old, d.New} {
		side.notes(t, d.IsOutdated)
	}
	d.printUnread(t)
	if d.IsEmpty() {
		t.line("No effect: the images and the jobs stay the same.")
	}
}

// printUnread prints what the comparison does not see.
func (d Diff) printUnread(t *printer) {
	if len(d.Unread) > 0 {
		t.line("These jobs start child pipelines with files that are not in the repository, such as artifacts: %s. Those files are not compared.", first(d.Unread))
	}
}

// notes prints what is wrong with the pipeline of a version.
func (s Side) notes(t *printer, isOutdated bool) {
	if files := strings.Join(s.Outdated, ", "); len(files) > 0 {
		switch {
		case s.Definition == "":
			t.line("GitLab still runs the jobs in compiled files that %s has: %s. Remove these files and their include.", s.title(), files)
		case s.Commit == "":
			t.line("These files in %s differ from the compiled definition: %s. Run `stemma compile`. The comparison uses the files that it would write.", s.title(), files)
		case !isOutdated:
			t.line("These files of %s differ from its compiled definition: %s.", s.title(), files)
		}
	}
	if len(s.Refused) > 0 {
		t.line("GitLab refuses the pipeline of %s, so no jobs are compared:", s.title())
	}
	t.findings(s.Refused)
}

// printReach prints which images are rebuilt, and which projects are poked.
func (d Diff) printReach(t *printer) {
	if d.IsEmpty() {
		return
	}
	if len(d.Rebuilt) == 0 {
		t.line("\nNo image is rebuilt.")
	} else {
		t.line("\nRebuilt: %d of %s: %s", len(d.Rebuilt), terminal.Count(d.Total, "image"), first(d.Rebuilt))
	}
	for _, dependent := range d.Dependents {
		t.line("Poked: %s@%s, after %s", dependent.Project, dependent.Ref, first(dependent.Images))
	}
}

// mostNames is how many images are named in one line.
const mostNames = 20

// first returns the first names of a list, and the number of the others.
func first(names []string) string {
	if len(names) <= mostNames+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNames], ", "), len(names)-mostNames)
}

func (i Image) print(t *printer) {
	t.line("%s %s: %s", signs[i.Kind], i.Name, i.summary())
	for _, change := range i.Changes {
		t.change("    ", change)
	}
	if len(i.Inputs) > 0 && i.Kind != Rebuilt {
		names := make([]string, len(i.Inputs))
		for n, input := range i.Inputs {
			names[n] = input.Name
		}
		t.line("    inputs that changed: %s", strings.Join(names, ", "))
	}
}

// summary says in a few words what happens to an image.
func (i Image) summary() string {
	tag := i.Tag.Old + " → " + i.Tag.New
	if i.Tag.Old == i.Tag.New {
		tag = i.Tag.New
	}
	switch {
	case i.Kind == Added:
		return "new, tag " + i.Tag.New
	case i.Kind == Removed:
		return "removed, tag " + i.Tag.Old
	case i.Kind == Renamed:
		return "renamed from " + i.Was + ", tag " + tag
	case i.IsStale:
		return fmt.Sprintf("its inputs change, but its tag %s stays, so it is not rebuilt", i.Tag.New)
	case !i.IsRebuilt:
		return "not rebuilt, tag " + i.Tag.New
	case i.Kind == Changed:
		return "tag " + tag
	default:
		through := slices.DeleteFunc(slices.Clone(i.Parents), func(name string) bool { return slices.Contains(i.Causes, name) })
		words := []string{"rebuilt"}
		if len(i.Causes) > 0 {
			words[0] += " because of " + strings.Join(i.Causes, ", ")
		}
		if len(through) > 0 {
			words = append(words, "through "+strings.Join(through, ", "))
		}
		return strings.Join(append(words, "tag "+tag), ", ")
	}
}

// place names a folder of the repository.
func place(folder string) string {
	if folder == "." {
		return "the top folder of the repository"
	}
	return folder
}

func (c Child) print(t *printer, d Diff) {
	sides := []Side{{Name: d.Old.title(), Refused: c.OldRefused}, {Name: d.New.title(), Refused: c.NewRefused}}
	if slices.Equal(c.OldRefused, c.NewRefused) {
		sides = []Side{{Name: "both versions", Refused: c.NewRefused}}
	}
	for _, side := range sides {
		if len(side.Refused) > 0 {
			t.line("GitLab refuses it in %s, so its jobs are not compared:", side.Name)
		}
		t.findings(side.Refused)
	}
	t.changes(c.Pipeline)
	printJobs(t, c.Jobs)
}

// printJobs prints jobs with the same change together.
func printJobs(t *printer, jobs []Job) {
	byChange := map[string][]string{}
	var order []string
	for _, job := range jobs {
		var p printer
		for _, change := range job.Changes {
			p.change("    ", change)
		}
		key := signs[job.Kind] + "\x00" + p.String()
		if byChange[key] == nil {
			order = append(order, key)
		}
		byChange[key] = append(byChange[key], job.Name)
	}
	for _, key := range order {
		sign, changes, _ := strings.Cut(key, "\x00")
		t.line("%s %s", sign, strings.Join(byChange[key], ", "))
		t.WriteString(changes)
	}
}

// printer prints lines.
type printer struct{ strings.Builder }

func (t *printer) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	start := strings.TrimLeft(text, "\n")
	t.WriteString(strings.Repeat("\n", len(text)-len(start)) + terminal.Line(start) + "\n")
}

func (t *printer) changes(changes []Change) {
	for _, change := range changes {
		t.change("  ", change)
	}
}

// change prints a change on one line, and below it the lines of a text.
func (t *printer) change(indent string, c Change) {
	lines := c.Lines
	if c.isLong() {
		for _, item := range c.Added {
			lines = append(lines, "+"+item)
		}
		for _, item := range c.Removed {
			lines = append(lines, "-"+item)
		}
	}
	t.line("%s", strings.TrimRight(indent+c.Key+": "+c.words(), " "))
	for _, line := range lines {
		sign := map[byte]string{'+': "+", '-': "−"}[line[0]]
		t.line("%s  %s%s", indent, sign, line[1:])
	}
	for _, part := range c.Parts {
		if part.hasOwnLines() {
			t.change(indent+"  ", part)
		}
	}
}

// isLong reports whether the items of a list are sentences, such as rules, which are printed on a line each.
func (c Change) isLong() bool {
	return slices.ContainsFunc(slices.Concat(c.Added, c.Removed), func(item string) bool { return strings.Contains(item, " ") })
}

// hasOwnLines reports whether a part of a change is printed on lines of its own.
func (c Change) hasOwnLines() bool { return len(c.Lines)+len(c.Parts) > 0 || c.isLong() }

// words describes a change without what is printed on lines of its own.
func (c Change) words() string {
	var words []string
	if c.Move != (Move{}) {
		words = append(words, c.move())
	}
	if !c.isLong() {
		for _, name := range c.Added {
			words = append(words, "+"+name)
		}
		for _, name := range c.Removed {
			words = append(words, "−"+name)
		}
	}
	for _, name := range c.Changed {
		words = append(words, "~"+name)
	}
	for _, part := range c.Parts {
		switch {
		case part.hasOwnLines(): // below
		case part.Old == "" && part.New != "" && c.Key == "files":
			moved := part.Key + " → " + part.New
			if part.Note != "" {
				moved += " (" + part.Note + ")"
			}
			words = append(words, moved)
		case part.Note != "" && part.Move == Move{}:
			words = append(words, part.Key+" "+part.Note)
		default:
			words = append(words, part.Key+": "+part.words())
		}
	}
	if c.Note != "" {
		words = append(words, c.Note)
	}
	if len(c.Lines) > 0 {
		if c.Note != "" {
			words[len(words)-1] += ","
		}
		words = append(words, terminal.Count(len(c.Lines), "line"))
	}
	separator := " "
	if len(c.Parts) > 0 {
		separator = ", "
	}
	return strings.Join(words, separator)
}

// move describes the change of a value. The name of a distribution that stays is said once.
func (c Change) move() string {
	distribution, _, _ := strings.Cut(c.Old, " ")
	if version, isSame := strings.CutPrefix(c.New, distribution+" "); isSame && c.Key == "base" {
		return c.Old + " → " + version
	}
	switch {
	case c.Old == "":
		return "+" + quoted(c.New)
	case c.New == "":
		return "−" + quoted(c.Old)
	default:
		old, new := differing(c.Old, c.New)
		return quoted(old) + " → " + quoted(new)
	}
}

// longValue is how many bytes a value has whose unchanged ends are left out, and around how many characters of them stay.
const (
	longValue = 120
	around    = 20
)

// differing returns two values. Of long ones, it leaves out most of their common beginning and end.
func differing(old, new string) (string, string) {
	if len(old) <= longValue && len(new) <= longValue {
		return old, new
	}
	was, is := []rune(old), []rune(new)
	start, end := 0, 0
	for start < min(len(was), len(is)) && was[start] == is[start] {
		start++
	}
	for end < min(len(was), len(is))-start && was[len(was)-1-end] == is[len(is)-1-end] {
		end++
	}
	return middle(was, start-around, end-around), middle(is, start-around, end-around)
}

// middle returns a text without so many characters at its ends.
func middle(text []rune, start, end int) string {
	before, after := "", ""
	if start > 0 {
		before, text = "…", text[start:]
	}
	if end > 0 {
		after, text = "…", text[:len(text)-end]
	}
	return before + string(text) + after
}
