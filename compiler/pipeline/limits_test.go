package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
)

// repeated is text for each number below n, with it in place of %d.
func repeated(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprintf("%02d", i)))
	}
	return b.String()
}

// TestLimits holds the number that GitLab or Linux still takes, and that one more is an error.
func TestLimits(t *testing.T) {
	t.Parallel()
	const fedora = "{distribution: fedora, version: \"43\", release: []"
	tests := map[string]struct {
		// declare returns a definition with n limited items; n is the limit.
		declare func(n int) string
		most    int
		message string
	}{
		"needs of a job": {
			func(n int) string {
				return "images:\n" + repeated(n, "  base-%d: "+fedora+"}\n") + "  child: {distribution: fedora, version: \"43\", after: [" + repeated(n, "base-%d, ") + "]}\n"
			}, 50, "the job build:child would need 51 others, but GitLab's limit for needs is 50",
		},
		"runner tags of a job": {
			func(n int) string {
				return "images: {a: " + fedora + ", runners: {default: [" + repeated(n, "tag-%d, ") + "]}}}\n"
			}, 49, "would have 50 runner tags, but GitLab's limit is 49",
		},
		"components of a project": {
			func(n int) string { return "images:\n" + repeated(n, "  image-%d: "+fedora+", publish: true}\n") },
			100, "101 images are published, but a project may have 100 components",
		},
		"bytes of a variable": {
			func(n int) string {
				return "images: {a: " + fedora + ", exec: \"" + strings.Repeat("x", n) + "\"}}\n"
			},
			130_048, "the variable FDO_DISTRIBUTION_EXEC of a would have 130049 bytes, but Linux passes at most 130048 to a program",
		},
		"bytes of an update check": {
			func(n int) string {
				rest := len(`[{"image":"a","places":[{"reference":"a:xxxxxxxxxxxxxxxx"}],"command":""}]`)
				return "images: {a: " + fedora + ", updates: {command: \"" + strings.Repeat("x", n-rest) + "\"}}}\n"
			},
			130_048, "the variable STEMMA_UPDATES of a would have 130049 bytes, but Linux passes at most 130048 to a program",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := limitsOf(t, test.declare(test.most)); len(got) > 0 {
				t.Errorf("%d are refused: %s", test.most, got[0])
			}
			got := limitsOf(t, test.declare(test.most+1))
			if !slices.ContainsFunc(got, func(message string) bool { return strings.Contains(message, test.message) }) {
				t.Errorf("%d give %q, want %q", test.most+1, got, test.message)
			}
		})
	}
}

// limitsOf returns the messages about limits.
func limitsOf(t *testing.T, images string) []string {
	t.Helper()
	source := "version: 1\nproject: group/project\nbuild: always\nchildren: false\n" + images
	_, found, err := compilertest.Compile(fstest.MapFS{"stemma.yaml": {Data: []byte(source)}})
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	for _, d := range found {
		messages = append(messages, d.Message)
	}
	return messages
}

// TestRulesStayShort holds that no rule has more names or files than GitLab reads from one rule. A rule that would need more
// selects the image where anything changed.
func TestRulesStayShort(t *testing.T) {
	t.Parallel()
	for _, length := range []int{3, 48, 49, 50, 51, 120} {
		var source strings.Builder
		source.WriteString("version: 1\nproject: group/project\nbuild: changed\nchildren: false\nimages:\n")
		tree := fstest.MapFS{}
		for i := range length {
			fmt.Fprintf(&source, "  image-%03d: {distribution: fedora, version: \"43\", watch: [file-%03d]", i, i)
			if i > 0 {
				fmt.Fprintf(&source, ", base: image-%03d", i-1)
			}
			source.WriteString("}\n")
			tree[fmt.Sprintf("file-%03d", i)] = &fstest.MapFile{}
		}
		tree["stemma.yaml"] = &fstest.MapFile{Data: []byte(source.String())}
		result, found, err := compilertest.Compile(tree)
		if err != nil || len(found) > 0 {
			t.Fatal(err, found)
		}
		last := result.Pipeline.Sections[length-1].Jobs
		build := last[slices.IndexFunc(last, func(job pipeline.Job) bool { return strings.HasPrefix(job.Name, "build:") })]
		names, files := 0, 0
		for _, rule := range build.Rules {
			names, files = max(names, strings.Count(rule.If.String(), "image-")), max(files, len(rule.Changes))
		}
		if names != upToFifty(length) || files != upToFifty(length+2) { // the definition and the recipe are two of the files
			t.Errorf("%d images: rules have %d names and %d files, want %d and %d", length, names, files, upToFifty(length), upToFifty(length+2))
		}
	}
}

// upToFifty is a number, or 0 where it is more than one rule may hold.
func upToFifty(number int) int {
	if number > 50 {
		return 0
	}
	return number
}

// TestRebuildsOfManyNames holds that the rule of the job that checks names compares at most 500 of them, and that its variables
// have all names, of which each variable takes as many as Linux allows.
func TestRebuildsOfManyNames(t *testing.T) {
	t.Parallel()
	for _, count := range []int{500, 501, 2200} {
		var source strings.Builder
		source.WriteString("version: 1\nproject: group/project\nbuild: always\nimages:\n")
		for i := range count {
			fmt.Fprintf(&source, "  image-%s-%05d: {distribution: fedora, version: \"43\", release: []}\n", strings.Repeat("x", 50), i)
		}
		result, found, err := compilertest.Compile(fstest.MapFS{"stemma.yaml": {Data: []byte(source.String())}})
		if err != nil || len(found) > 0 {
			t.Fatal(err, found)
		}
		job := result.Pipeline.Checks[0]
		if got, want := len(job.Rules), 1; (got == want) != (count > 500) {
			t.Errorf("%d images: the job has %d rules, want 1 only above 500", count, got)
		}
		names := 0
		for _, variable := range job.Variables {
			if strings.HasPrefix(variable.Name, "STEMMA_IMAGES") {
				names += strings.Count(variable.Value, "image-")
				if len(variable.Value) > 127<<10 {
					t.Errorf("%d images: %s has %d bytes", count, variable.Name, len(variable.Value))
				}
			}
		}
		if names != count {
			t.Errorf("%d images: the variables have %d names", count, names)
		}
		if last := job.Rules[len(job.Rules)-1]; last.If.String() == "" {
			t.Errorf("%d images: the last rule has no condition", count)
		}
	}
}
