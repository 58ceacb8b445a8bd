package compiler_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// policyCase is an entry of testdata/policies.txt.
type policyCase struct{ name, policy, definition, messages string }

func readPolicies(t testing.TB) []policyCase {
	t.Helper()
	content, err := os.ReadFile("testdata/policies.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, entries, _ := strings.Cut(string(content), "\n=== ")
	var cases []policyCase
	for entry := range strings.SplitSeq(entries, "\n=== ") {
		name, body, _ := strings.Cut(strings.TrimSuffix(entry, "\n")+"\n", "\n")
		parts := regexp.MustCompile(`(?m)^---\n`).Split(body, -1)
		if len(parts) != 3 {
			t.Fatalf("%s has %d parts, want a policy, a definition and messages", name, len(parts))
		}
		cases = append(cases, policyCase{name, "package policy\n\n" + parts[0], "version: 1\n" + parts[1] + "policy: \"policy\"\n", strings.TrimSpace(parts[2])})
	}
	return cases
}

// files are the project of a case, with the definition in a file of one of two names.
func (c policyCase) files(file string) fstest.MapFS {
	const digest = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	files := fstest.MapFS{}
	for name, content := range map[string]string{
		file:                   strings.ReplaceAll(c.definition, "§", ""),
		"policy/rule.cue":      c.policy,
		"app/Containerfile":    "FROM debian:trixie\nRUN wget http://x\nUSER root\n",
		"here/Containerfile":   "FROM debian:trixie\nRUN <<EOT\napt-key add\nEOT\n",
		"latest/Containerfile": "FROM busybox\n",
		"secret/Containerfile": "FROM debian:trixie\nRUN --mount=type=secret,id=token true\n",
		"stemma.lock": "version: 1\nparents:\n  \"quay.io/corp/fresh:1\": {digest: \"" + digest + "\", firstSeen: 2026-11-01T00:00:00Z}\n" +
			"  \"quay.io/corp/locked:1\": {digest: \"" + digest + "\", firstSeen: 2026-06-01T00:00:00Z}\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

// want returns the findings that a case expects, each as a place and a message.
func (c policyCase) want(file string) (want []string) {
	var marks []string
	for number, line := range strings.Split(c.definition, "\n") {
		for before := ""; ; {
			start, rest, ok := strings.Cut(line, "§")
			if !ok {
				break
			}
			before += start
			marks = append(marks, fmt.Sprintf("%s:%d:%d", file, number+1, utf8.RuneCountInString(before)+1))
			line = rest
		}
	}
	for line := range strings.Lines(c.messages) {
		line = strings.TrimSuffix(line, "\n")
		place, isElsewhere := strings.CutPrefix(line, "@")
		if isElsewhere {
			if !strings.Contains(place[:min(4, len(place))], "/") && place[0] >= '0' && place[0] <= '9' {
				place = file + ":" + place
			}
			want = append(want, place)
			continue
		}
		at := "no mark"
		if len(marks) > 0 {
			at = marks[0]
		}
		if c.name != "several-rules-at-one-image" {
			marks = marks[min(1, len(marks)):]
		}
		want = append(want, at+" "+line)
	}
	return want
}

func today(t testing.TB) schema.Date {
	t.Helper()
	date, err := schema.ParseDate("2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	return date
}

// A broken rule has one finding at the image, in the words of the policy, with the rule as a note.
func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, c := range sample.List(readPolicies(t), 4) {
		for _, file := range []string{"stemma.yaml", "stemma.cue"} {
			t.Run(c.name+"/"+file, func(t *testing.T) {
				t.Parallel()
				result, found, err := compilertest.CompileWith(c.files(file), compiler.Options{Date: today(t)})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, d := range found {
					if d.Severity == diagnostic.Warning {
						continue
					}
					got = append(got, d.Span.String()+" "+d.Message)
					if !slices.ContainsFunc(d.Notes, func(n diagnostic.Note) bool { return n.Message == "the rule rule" }) || d.Code != diagnostic.Policy {
						t.Errorf("the finding has the code %s and the notes %v", d.Code, d.Notes)
					}
				}
				if diff := cmp.Diff(c.want(file), got); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
				if (result.Files == nil) != (c.messages != "") {
					t.Errorf("there are %d files", len(result.Files))
				}
			})
		}
	}
}

// A rule may use constraints of a file that has no rule. The finding names both.
func TestFindingsNameTheRuleAndWhatItShares(t *testing.T) {
	t.Parallel()
	project := fstest.MapFS{
		"stemma.yaml":       {Data: []byte("version: 1\npolicy: policy\nimages: {app: {distribution: debian, version: trixie, labels: {owner: me}}}\n")},
		"policy/shared.cue": {Data: []byte("package policy\n\n#Team: =~\"^team-\"\n_labels: owner?: #Team\n")},
		"policy/owner.cue":  {Data: []byte("package policy\n\nimages: [string]: labels: _labels\n")},
	}
	_, found, err := compilertest.CompileWith(project, compiler.Options{Date: today(t)})
	if err != nil || len(found) != 1 {
		t.Fatal(err, found)
	}
	var got []string
	for _, note := range found[0].Notes {
		got = append(got, note.Span.String()+" "+note.Message)
	}
	want := []string{"policy/shared.cue:3:8 the constraint #Team", "policy/shared.cue:4:18 the constraint _labels", "policy/owner.cue:3:27 the rule owner"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// exceptionProject has an image that breaks a rule, and an exception.
func exceptionProject(exceptions string) fstest.MapFS {
	return fstest.MapFS{
		"stemma.yaml": {Data: []byte("version: 1\npolicy: policy\n\nexceptions: " + exceptions + "\nimages:\n" +
			"  app: {distribution: debian, version: trixie}\n  app-2: {base: app}\n  tools/one: {distribution: debian, version: trixie, labels: {owner: a}}\n")},
		"policy/owner.cue": {Data: []byte("package policy\n\nimages: [string]: labels: owner!: string\n")},
		"policy/user.cue":  {Data: []byte("package policy\n\nimages: [string]: user?: !=\"root\"\n")},
	}
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		exceptions string
		want       []string
	}{
		"none":              {`[]`, []string{"6:3 app", "7:3 app-2"}},
		"one image":         {`[{rule: owner, images: [app], owner: a, reason: b, until: "2026-12-31"}]`, []string{"7:3 app-2"}},
		"a pattern":         {`[{rule: owner, images: ["app*"], owner: a, reason: b, until: "2026-12-31"}]`, nil},
		"on its last day":   {`[{rule: owner, images: ["**"], owner: a, reason: b, until: "2026-11-22"}]`, nil},
		"after it":          {`[{rule: owner, images: [app], owner: team, reason: words, until: "2026-11-21"}]`, []string{"6:3 app; the exception of team ended on 2026-11-21: words", "7:3 app-2"}},
		"ended and renewed": {`[{rule: owner, images: [app], owner: a, reason: b, until: "2026-01-01"}, {rule: owner, images: ["app*"], owner: a, reason: b, until: "2027-01-01"}]`, nil},
		"an unknown rule": {`[{rule: ownr, images: [app], owner: a, reason: b, until: "2027-01-01"}]`, []string{
			`4:21 no policy has the rule "ownr"; did you mean "owner"?`, "6:3 app", "7:3 app-2",
		}},
		"without effect": {`[{rule: user, images: [app], owner: a, reason: b, until: "2027-01-01"}]`, []string{
			"4:21 the images do not break the rule user", "6:3 app", "7:3 app-2",
		}},
		"an unknown image": {`[{rule: owner, images: [ap], owner: a, reason: b, until: "2027-01-01"}]`, []string{
			`4:37 there is no image "ap" in this project; did you mean "app"?`,
		}},
		"a pattern without images": {`[{rule: owner, images: ["x*"], owner: a, reason: b, until: "2027-01-01"}]`, []string{`4:37 no image of this project matches "x*"`}},
		"an invalid pattern":       {`[{rule: owner, images: ["[a"], owner: a, reason: b, until: "2027-01-01"}]`, []string{`4:37 "[a" is not a pattern`}},
		"no images":                {`[{rule: owner, images: [], owner: a, reason: b, until: "2027-01-01"}]`, []string{"4:36 an exception needs at least one image"}},
		"a day that does not exist": {`[{rule: owner, images: [app], owner: a, reason: b, until: "2027-02-30"}]`, []string{
			`4:71 "2027-02-30" is not a date: write year, month and day, such as 2027-01-31`,
		}},
		"a key that is missing": {`[{rule: owner, images: [app], owner: a, until: "2027-01-01"}]`, []string{`4:14 the key "reason" is missing`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := exceptionProject(test.exceptions)
			_, found, err := compilertest.CompileWith(files, compiler.Options{Date: today(t)})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range found {
				messages := []string{strings.NewReplacer("images.", "", ".labels.owner: field is required but not present", "").Replace(d.Message)}
				for _, note := range d.Notes {
					if strings.HasPrefix(note.Message, "the exception") {
						messages = append(messages, note.Message)
					}
				}
				got = append(got, fmt.Sprintf("%d:%d %s", d.Span.Line, d.Span.Column, strings.Join(messages, "; ")))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// Policies, exceptions and dates change findings, and no compiled file.
func TestPoliciesChangeNoFile(t *testing.T) {
	t.Parallel()
	const definition = "version: 1\nimages:\n  app: {distribution: debian, version: trixie}\n"
	const exceptions = "exceptions: [{rule: owner, images: [app], owner: a, reason: b, until: \"2026-12-31\"}]\npolicy: [policy, more]\n"
	files := exceptionProject("[]")
	files["more/adds.cue"] = &fstest.MapFile{Data: []byte("package more\n\nimages: [string]: {labels: added: \"value\", packages: [...string], extra: true}\nimages: another: user: \"me\"\n")}
	compile := func(definition string, options compiler.Options) map[string]string {
		files["stemma.yaml"] = &fstest.MapFile{Data: []byte(definition)}
		result, found, err := compilertest.CompileWith(files, options)
		if err != nil || found.HasErrors() {
			t.Fatalf("%v, %v", found, err)
		}
		out := map[string]string{}
		for _, file := range result.Files {
			out[file.Path] = string(file.Content)
		}
		return out
	}
	without := compile(definition, compiler.Options{})
	first, _ := schema.ParseDate("2020-01-01")
	for _, date := range []schema.Date{today(t), first} {
		if diff := cmp.Diff(without, compile(definition+exceptions, compiler.Options{Date: date})); diff != "" {
			t.Errorf("files without (-) and with policies (+) on %s:\n%s", date, diff)
		}
	}
}

func TestTheOrderOfPoliciesHasNoEffect(t *testing.T) {
	t.Parallel()
	files := exceptionProject("[]")
	files["third/user.cue"] = &fstest.MapFile{Data: []byte("package third\n\nimages: [string]: user!: *\"me\" | string\n")}
	files["broken/rule.cue"] = &fstest.MapFile{Data: []byte("package broken\n\nimages: unknown\n")}
	var want diagnostic.List
	for i, order := range []string{"policy, third, broken", "broken, third, policy", "third, policy, broken, ./policy/", "policy, broken, third"} {
		definition := "version: 1\npolicy:   [" + order + "]\nimages:\n  app: {distribution: debian, version: trixie}\n"
		files["stemma.yaml"] = &fstest.MapFile{Data: []byte(definition)}
		_, got, err := compilertest.CompileWith(files, compiler.Options{Date: today(t)})
		if err != nil || len(got) != 3 {
			t.Fatalf("%v, %v", got, err)
		}
		if i == 0 {
			want = got
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("findings of %q (-) and %q (+):\n%s", "policy, third, broken", order, diff)
		}
	}
}
