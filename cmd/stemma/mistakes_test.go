package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

const (
	mistakesFolder = "testdata/mistakes"
	// wanted is the share of the points that the findings must earn.
	wanted = 120.0 / 124
)

// TestMistakes lets `stemma check` find the mistakes of testdata/mistakes, compares what it prints, follows the hints, and scores the
// findings. Its README describes the files and has the scores.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(mistakesFolder + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("got the files %v and the error %v", files, err)
	}
	var table strings.Builder
	table.WriteString("| file | mistakes | position | cause | hint | points | of |\n|---|--:|--:|--:|--:|--:|--:|\n")
	var all score
	for _, file := range files {
		of := scoreFile(t, file)
		table.WriteString(of.row(fmt.Sprintf("[%[1]s](%[1]s)", filepath.Base(file))))
		all.add(of)
	}
	table.WriteString(all.row("all"))
	got := float64(all.points) / float64(2*all.mistakes)
	if testing.Short() && got >= wanted {
		return // the table is that of all mistakes
	}
	if got < wanted || all.mistakes < 100 {
		t.Errorf("the findings of %d mistakes earn %.3f of the points, want %.3f and 100 mistakes", all.mistakes, got, wanted)
	}
	readme := mistakesFolder + "/README.md"
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(content), "| file |")
	if !ok {
		t.Fatalf("%s has no table", readme)
	}
	compareOrUpdate(t, readme, string(content), before+table.String())
}

// scoreFile checks the mistakes of a file, with -short a sample of them, and updates what they print.
func scoreFile(t *testing.T, file string) score {
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(content), "\n=== ")
	scores := make([]score, len(parts))
	t.Run(filepath.Base(file), func(t *testing.T) {
		for i := 1; i < len(parts); i += sample.Step(8) {
			name, archive, _ := strings.Cut(parts[i], "\n")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				m := readMistake(t, archive)
				scores[i] = m.score(t)
				parts[i] = name + "\n" + string(txtar.Format(m.archive))
			})
		}
	})
	var of score
	for i, each := range scores {
		of.add(each)
		parts[i] = strings.TrimRight(parts[i], "\n")
	}
	compareOrUpdate(t, file, string(content), strings.Join(parts, "\n\n=== ")+"\n")
	return of
}

func compareOrUpdate(t *testing.T, file, got, want string) {
	t.Helper()
	if *update && got != want {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s is not current; `go test ./cmd/stemma -run TestMistakes -update` rewrites it: %s", file, diff)
	}
}

// score counts mistakes, and the findings with the right position, cause and hint.
type score struct{ mistakes, positions, causes, hints, points int }

func (s *score) add(other score) {
	s.mistakes += other.mistakes
	s.positions += other.positions
	s.causes += other.causes
	s.hints += other.hints
	s.points += other.points
}

func (s *score) row(name string) string {
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d |\n", name, s.mistakes, s.positions, s.causes, s.hints, s.points, 2*s.mistakes)
}

// mistake is a project with one mistake.
type mistake struct {
	archive *txtar.Archive
	// place is where the finding must be: a file, or a file with a line and a column.
	place string
	// settings has the lines above the files, by their names; see the README.
	settings map[string][]string
}

var settingLine = regexp.MustCompile(`^(at|cause|hint|fix|untracked|before|edit|run)( \S+)?: ?(.*)$`)

func readMistake(t *testing.T, text string) *mistake {
	t.Helper()
	m := &mistake{archive: txtar.Parse([]byte(text)), settings: map[string][]string{}}
	for line := range strings.Lines(string(m.archive.Comment)) {
		if setting := settingLine.FindStringSubmatch(strings.TrimSuffix(line, "\n")); setting != nil {
			m.settings[setting[1]] = append(m.settings[setting[1]], strings.TrimPrefix(setting[2]+": "+setting[3], " "))
		}
	}
	if at := m.setting("at"); at != "" {
		m.place = at
	}
	for _, file := range m.archive.Files {
		if before, _, ok := strings.Cut(unescape(string(file.Data)), "§"); ok && file.Name != "want" {
			line := before[strings.LastIndex(before, "\n")+1:]
			m.place = fmt.Sprintf("%s:%d:%d", file.Name, strings.Count(before, "\n")+1, utf8.RuneCountInString(strings.TrimPrefix(line, "\ufeff"))+1)
		}
	}
	if m.place == "" || m.setting("cause") == "" || m.setting("hint") == "" {
		t.Fatal("the place, the cause or the hint is missing")
	}
	return m
}

// setting is the value of a line, or nothing.
func (m *mistake) setting(name string) string {
	if len(m.settings[name]) == 0 {
		return ""
	}
	return strings.TrimPrefix(m.settings[name][0], ": ")
}

// unescape puts tabs, carriage returns and other invisible characters where the files of mistakes show visible ones.
func unescape(text string) string {
	return strings.NewReplacer("␉", "\t", "␍", "\r", "␣", "\u00a0", "�", "\xe9").Replace(text)
}

// score checks the finding of a mistake, records what the command prints, and follows the hint.
func (m *mistake) score(t *testing.T) score {
	dir := t.TempDir()
	m.write(t, dir)
	out, found := checkFolder(t, dir)
	m.record(out)
	s := score{mistakes: 1}
	if len(found) != 1 {
		t.Logf("no point: there are %d findings\n%s", len(found), out)
		return s
	}
	isRight := []bool{found[0].place() == m.place, strings.Contains(found[0].Message, m.setting("cause")), m.hintWorks(t, dir, found[0])}
	for i, count := range []*int{&s.positions, &s.causes, &s.hints} {
		if isRight[i] {
			*count++
			s.points++
		}
	}
	if s.points < 3 {
		t.Logf("a point is lost: the position is right: %v, the cause: %v, the hint: %v; want %s\n%s", isRight[0], isRight[1], isRight[2], m.place, out)
	}
	s.points = max(s.points-1, 0)
	return s
}

// write writes the files to a repository whose output is compiled and committed, as far as the mistake allows.
func (m *mistake) write(t *testing.T, dir string) {
	files := map[string]string{}
	for _, file := range m.archive.Files {
		if file.Name != "want" {
			files[file.Name] = strings.ReplaceAll(unescape(string(file.Data)), "§", "")
		}
	}
	projecttest.Write(t, dir, files)
	projecttest.Git(t, dir, "init", "--quiet")
	for range 2 {
		projecttest.Git(t, dir, "add", "--all")
		if untracked := m.setting("untracked"); untracked != "" {
			projecttest.Git(t, dir, "rm", "-r", "--quiet", "--cached", "--ignore-unmatch", untracked)
		}
		runStemma(t, dir, "compile")
	}
	for _, edit := range m.settings["edit"] {
		m.replace(t, dir, edit)
	}
}

// reported is a finding of the report in JSON.
type reported struct {
	File    string
	Line    int
	Column  int
	Message string
	Hint    string
}

func (r reported) place() string {
	if r.Line == 0 || r.Column == 0 {
		return r.File
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Line, r.Column)
}

// checkFolder returns what `stemma check` prints, and its findings.
func checkFolder(t *testing.T, dir string) (string, []reported) {
	t.Helper()
	text, _ := runStemma(t, dir, "check")
	_, out := runStemma(t, dir, "check", "--format", "json")
	var report struct{ Findings []reported }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return text, report.Findings
}

// runStemma runs a command of stemma in a folder and returns what it prints.
func runStemma(t *testing.T, dir string, args ...string) (stderr, stdout string) {
	t.Helper()
	var out, errors bytes.Buffer
	std := console{cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errors}, projecttest.Environ(), cli.Lookup(projecttest.Environ())}
	cli.Run(append([]string{"-C", dir}, args...), std.Streams, commands(std)...)
	return errors.String(), out.String()
}

// record sets the file `want` of the archive.
func (m *mistake) record(out string) {
	want := txtar.File{Name: "want", Data: []byte(out)}
	i := slices.IndexFunc(m.archive.Files, func(f txtar.File) bool { return f.Name == want.Name })
	if i < 0 {
		m.archive.Files = append(m.archive.Files, want)
	} else {
		m.archive.Files[i] = want
	}
}

// hintWorks reports whether the finding has the hint, and nothing is found any more when it is followed.
func (m *mistake) hintWorks(t *testing.T, dir string, found reported) bool {
	said := found.Message + "\n" + found.Hint
	for _, fix := range m.settings["fix"] {
		m.replace(t, dir, fix)
	}
	for _, run := range m.settings["run"] {
		args := strings.Fields(strings.TrimPrefix(run, ": "))
		if args[0] == "git" {
			projecttest.Git(t, dir, args[1:]...)
		} else {
			runStemma(t, dir, args[1:]...)
		}
	}
	if m.setting("untracked") == "" {
		runStemma(t, dir, "compile")
		projecttest.Git(t, dir, "add", "--all")
	}
	if out, left := checkFolder(t, dir); len(left) > 0 {
		t.Logf("after the fix:\n%s", out)
		return false
	}
	return strings.Contains(said, m.setting("hint")) && m.isFollowed(dir, found.Hint)
}

var code = regexp.MustCompile("`([^`]+)`")

// isFollowed reports whether one of the texts that a hint has in backquotes is in the fixed files, or is a command that was run. A hint
// that begins with "remove" needs none.
func (m *mistake) isFollowed(dir, hint string) bool {
	texts := code.FindAllStringSubmatch(hint, -1)
	if len(texts) == 0 || strings.HasPrefix(hint, "remove") {
		return true
	}
	fixed := m.settings["run"]
	for _, file := range m.archive.Files {
		if content, err := os.ReadFile(filepath.Join(dir, file.Name)); err == nil && file.Name != "want" {
			fixed = append(fixed, string(content))
		}
	}
	return slices.ContainsFunc(texts, func(text []string) bool { return strings.Contains(strings.Join(fixed, "\n"), before(text[1])) })
}

// before is a text up to the part that is left to the user.
func before(text string) string {
	text, _, _ = strings.Cut(text, "…")
	return text
}

// replace replaces a text by another in a file: "FILE: OLD ==> NEW", where \n is a new line. The file is stemma.yaml unless it is named.
func (m *mistake) replace(t *testing.T, dir, setting string) {
	t.Helper()
	name, change, _ := strings.Cut(setting, ": ")
	if name == "" || name == "file" {
		name = "stemma.yaml"
	}
	old, with, ok := strings.Cut(strings.ReplaceAll(unescape(change), `\n`, "\n"), " ==> ")
	if !ok {
		old, with, _ = strings.Cut(strings.ReplaceAll(unescape(change), `\n`, "\n"), " ==>")
	}
	file := filepath.Join(dir, name)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(setting, "file: ") {
		old, with = string(content), old
	}
	if old != "" && strings.Count(string(content), old) != 1 {
		t.Fatalf("%q is in %s %d times", old, name, strings.Count(string(content), old))
	}
	fixed := strings.Replace(string(content), old, with, 1)
	if err := os.WriteFile(file, []byte(fixed), 0o644); err != nil {
		t.Fatal(err)
	}
}
