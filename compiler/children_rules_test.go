package compiler_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
)

// An image's jobs are in a child pipeline exactly when they would be in the pipeline itself, in the same way, and a child starts
// exactly where a job is in it.
func TestChildrenRunWhatOnePipelineWould(t *testing.T) {
	t.Parallel()
	events := 400
	if testing.Short() {
		events = 40
	}
	for _, build := range []string{"changed", "always"} {
		t.Run(build, func(t *testing.T) {
			t.Parallel()
			whole := compiled(t, kinds(build, false)).Pipeline
			parent := compiled(t, kinds(build, true)).Pipeline
			random := rand.New(rand.NewPCG(1, 2))
			for range events {
				event := someEvent(random)
				want := map[string]string{}
				for _, section := range whole.Sections {
					selectJobs(want, section.Jobs, event)
				}
				for name := range want {
					isPublic := strings.HasPrefix(name, "release:") || strings.HasPrefix(name, "poke:")
					if isPublic && (event.variables["CI_COMMIT_REF_PROTECTED"] != "true" || event.variables["CI_PROJECT_PATH"] != "group/project") {
						t.Fatalf("with %v, a fork or a branch that is not protected has the job %s", event, name)
					}
				}
				if diff := cmp.Diff(want, inChildren(t, parent, event)); diff != "" {
					t.Fatalf("with %v, one pipeline (-) and children (+) differ:\n%s", event, diff)
				}
			}
		})
	}
}

// kinds is a definition with images of all kinds of rules, more families than one of them large.
func kinds(build string, children bool) fstest.MapFS {
	declared := map[string]string{
		"plain": "", "plain-child": "base: plain\n",
		"by-hand": "manual: rebuild\ndependents: [{project: group/consumer, ref: main}]\n", "by-hand-child": "base: by-hand\nmanual: start\n", "beside": "base: plain\nmanual: rebuild\n",
		"manual": "manual: blocking\n", "manual-child": "base: manual\n", "manual-grandchild": "base: manual-child\nmanual: rebuild\n",
		"released": "base: base/of-released\nrelease: [{tags: ['{version}', latest]}]\n", "base/of-released": "release: []\n",
		"version": "release: [{tags: ['{major}']}]\n", "poked": "base: {project: group/other, image: a.b}\ndependents: [{project: group/consumer, ref: main}]\n",
		"index": "platforms: [linux/amd64, linux/arm64]\nafter: [version]\nmanual: start\ntests: [{name: it runs, run: 'true'}]\n",
	}
	for i := range 20 {
		declared[fmt.Sprintf("large-%02d", i)] = fmt.Sprintf("base: %s\n", []string{"by-hand", "large-00"}[min(i, 1)])
	}
	files := fstest.MapFS{definition.YAMLFile: {Data: fmt.Appendf(nil, "version: 1\nproject: group/project\nbuild: %s\nchildren: %t\ninclude: ['images/**/image.yaml']\n", build, children)}}
	for name, content := range declared {
		if !strings.Contains(content, "base: ") || strings.Contains(content, "project:") {
			content += "distribution: debian\n"
		}
		if !strings.Contains(content, "base: ") {
			content += "version: trixie\n"
		}
		files["images/"+name+"/image.yaml"] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

// event is what starts a pipeline: its variables, and the files that changed since.
type event struct {
	variables map[string]string
	changed   []string
	// isPush says that there is a commit before to compare with.
	isPush bool
}

func someEvent(random *rand.Rand) event {
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	e := event{variables: map[string]string{
		"CI_DEFAULT_BRANCH": "main", "CI_COMMIT_REF_PROTECTED": one("true", "false"), "STEMMA_REBUILD": one("", "", "", "plain", "by-hand,version", "large-07,beside", "unknown"),
		"STEMMA_POKED_BY": one("", "", "", "group/other/a.b", "group/other/axb"), "CI_PROJECT_PATH": one("group/project", "group/project", "fork/project"),
		"STEMMA_TRIAL_REBUILD": one("", "", "", "1"), "STEMMA_CANARY": one("", "", "", "1"), "STEMMA_SNAPSHOT": one("", "", "", "nightly"), "FDO_FORCE_REBUILD": one("", "", "", "1"), "STEMMA_AUTOSTART": one("", "", "1"),
	}}
	switch e.variables["CI_PIPELINE_SOURCE"] = one("merge_request_event", "push", "web", "api", "schedule", "trigger"); one("branch", "branch", "main", "main", "tag") {
	case "branch":
		e.variables["CI_COMMIT_BRANCH"] = "feature"
	case "main":
		e.variables["CI_COMMIT_BRANCH"] = "main"
	case "tag":
		e.variables["CI_COMMIT_TAG"] = one("v1.2.3", "release")
	}
	if e.variables["CI_PIPELINE_SOURCE"] == "merge_request_event" {
		e.variables["CI_MERGE_REQUEST_IID"] = "7"
		delete(e.variables, "CI_COMMIT_BRANCH")
		delete(e.variables, "CI_COMMIT_TAG")
	}
	e.isPush = e.variables["CI_PIPELINE_SOURCE"] == "push" && e.variables["CI_COMMIT_BRANCH"] != ""
	for range random.IntN(3) {
		e.changed = append(e.changed, "images/"+one("plain", "by-hand", "beside", "manual", "base/of-released", "poked", "index", "large-00", "large-13")+"/image.yaml")
	}
	return e
}

// inChildren is what jobs there are in the children that an event starts.
func inChildren(t *testing.T, parent pipeline.Pipeline, e event) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, child := range parent.Children {
		rule, starts := selected(child.Trigger, e)
		if !starts {
			continue
		}
		inner := event{variables: maps.Clone(e.variables), changed: e.changed, isPush: e.isPush}
		for _, variable := range slices.Concat(parent.Shared[1].Variables, child.Trigger.Variables, rule.Variables) {
			value := variable.Value
			if strings.HasPrefix(value, "$[[") {
				continue // the event sets the variable, which comes before its input
			}
			if name, ok := strings.CutPrefix(value, "$"); ok {
				value = e.variables[name]
			}
			inner.variables[variable.Name] = value
		}
		inner.variables["CI_PIPELINE_SOURCE"] = "parent_pipeline"
		before := len(got)
		for _, section := range child.Sections {
			selectJobs(got, section.Jobs, inner)
		}
		if len(got) == before {
			t.Fatalf("with %v, %s starts an empty pipeline", e, child.Name)
		}
	}
	return got
}

// selectJobs returns the jobs that are in a pipeline, with the values from their rules.
func selectJobs(into map[string]string, jobs []pipeline.Job, e event) {
	for _, job := range jobs {
		if image, ok := strings.CutPrefix(job.Name, "poke:"); ok && into["build:"+image] == "" {
			continue // nothing has been built that it could tell of
		}
		if rule, ok := selected(job, e); ok {
			into[job.Name] = fmt.Sprint(rule.When, rule.Variables)
		}
	}
}

// selected is the rule by which a job is in a pipeline, as GitLab chooses it: the first one that holds.
func selected(job pipeline.Job, e event) (pipeline.Rule, bool) {
	for _, rule := range job.Rules {
		if (rule.If.IsZero() || isTrue(rule.If.String(), e.variables)) && (rule.Changes == nil || e.touches(rule.Changes)) {
			return rule, rule.When != pipeline.Never
		}
	}
	return pipeline.Rule{}, false
}

// touches reports whether `rules:changes` holds: always, where there is nothing to compare with.
func (e event) touches(patterns []string) bool {
	isCompared := e.variables["CI_MERGE_REQUEST_IID"] != "" || e.isPush
	return !isCompared || slices.ContainsFunc(e.changed, func(file string) bool { return slices.Contains(patterns, file) })
}

var tokens = regexp.MustCompile(`\$\[\[ inputs\.\w+ \]\]|"[^"]*"|\$\w+|/(?:\\.|[^/])+/|&&|\|\||=~|!~|==|!=|[()]|null`)

// isTrue evaluates an `if`: comparisons, && before ||, and parentheses.
func isTrue(written string, variables map[string]string) bool {
	p := &condition{variables: variables, tokens: tokens.FindAllString(written, -1)}
	return p.or()
}

type condition struct {
	variables map[string]string
	tokens    []string
}

func (c *condition) take(token string) bool {
	if len(c.tokens) == 0 || c.tokens[0] != token {
		return false
	}
	c.tokens = c.tokens[1:]
	return true
}

func (c *condition) or() bool {
	holds := c.and()
	for c.take("||") {
		holds = c.and() || holds
	}
	return holds
}

func (c *condition) and() bool {
	holds := c.comparison()
	for c.take("&&") {
		holds = c.comparison() && holds
	}
	return holds
}

func (c *condition) comparison() bool {
	if c.take("(") {
		holds := c.or()
		c.take(")")
		return holds
	}
	left := c.value()
	switch {
	case c.take("=="):
		return left == c.value()
	case c.take("!="):
		return left != c.value()
	case c.take("=~"):
		return c.pattern().MatchString(left)
	case c.take("!~"):
		return !c.pattern().MatchString(left)
	}
	return left != ""
}

func (c *condition) pattern() *regexp.Regexp {
	pattern := strings.ReplaceAll(strings.Trim(c.tokens[0], "/"), `\/`, "/")
	c.tokens = c.tokens[1:]
	return regexp.MustCompile(pattern)
}

func (c *condition) value() string {
	token := c.tokens[0]
	c.tokens = c.tokens[1:]
	if name, ok := strings.CutPrefix(token, "$"); ok {
		return c.variables[name]
	}
	if token == "null" {
		return "" // what is not set
	}
	text := strings.Trim(token, `"`)
	if input, ok := strings.CutPrefix(text, "$[[ "); ok {
		return c.variables[strings.TrimSuffix(input, " ]]")]
	}
	return text
}
