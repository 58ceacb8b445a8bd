package projectci

import (
	"cmp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// event is a kind of pipeline in the words of a finding.
type event struct {
	kind, words string
	// isFrequent says that all projects have such pipelines. Those with rules for a workflow have pipelines of merge requests, too.
	isFrequent bool
	// changesNothing says that no file changed that a rule names.
	changesNothing bool
}

const unchanged = "commits that change no file of the rules"

var events = []event{
	{kind: "mr", words: "merge requests"},
	{kind: "topic", words: "branches", isFrequent: true},
	{kind: "default", words: "the default branch", isFrequent: true},
	{kind: "mr", words: unchanged, changesNothing: true},
	{kind: "topic", words: unchanged, isFrequent: true, changesNothing: true},
	{kind: "default", words: unchanged, isFrequent: true, changesNothing: true},
	{kind: "tag", words: "tags"},
	{kind: "schedule", words: "schedules"},
}

// dropped is a need that some pipelines do not have, although they have the job.
type dropped struct {
	pipeline.Missing
	words      []string
	isFrequent bool
}

// checkDropped reports jobs that need a job which the rules leave out of some pipelines that have the first: GitLab refuses these.
func (p *project) checkDropped(read *config.Config) {
	workflow := p.read.Top.Get("workflow").Get("rules")
	if !p.mayDrop(read) || !p.hasDecidedRules(workflow) {
		return
	}
	var all []*dropped
	for _, e := range events {
		for _, missing := range e.evaluate(p.Project, read).Missing {
			if !p.isDecided(missing.Job) || !p.isDecided(missing.Need.Job) {
				continue
			}
			i := slices.IndexFunc(all, func(d *dropped) bool { return d.Need.At == missing.Need.At })
			if i < 0 {
				i, all = len(all), append(all, &dropped{Missing: missing})
			}
			if !e.changesNothing || len(all[i].words) == 0 {
				all[i].words = append(all[i].words, e.words)
			}
			all[i].isFrequent = all[i].isFrequent || e.isFrequent || e.kind == "mr" && workflow != nil
		}
	}
	for _, d := range all {
		report, job := p.found.Warnf, instance().ReplaceAllString(d.Job, "")
		if d.isFrequent {
			report = p.found.Errorf
		}
		report(diagnostic.Needs, d.Need.At, "GitLab refuses pipelines of %s: %s needs %s, which the rules leave out", strings.Join(d.words, ", "), job, d.Need.Job).
			WithHint("write `{job: %q, optional: true}`, or give %s the rules of %s", d.Need.Job, job, d.Need.Job).WithKey(job + " " + d.Need.Job)
	}
}

// mayDrop reports whether a job of the project needs one that is not in all pipelines.
func (p *project) mayDrop(c *config.Config) bool {
	isIn := map[string]bool{}
	for _, job := range c.Jobs {
		isIn[job.Name] = !job.HasRules && job.Only == nil && job.Except == nil
	}
	return slices.ContainsFunc(c.Jobs, func(job *config.Job) bool {
		return !p.names[job.Name] && slices.ContainsFunc(job.Needs, func(need config.Need) bool { return !isIn[need.Job] })
	})
}

// evaluate creates a pipeline of the event.
func (e event) evaluate(source Project, read *config.Config) *pipeline.Pipeline {
	kind, _ := pipeline.Find(e.kind)
	path := cmp.Or(source.Definition.Project, kind.Predefined["CI_PROJECT_PATH"])
	request := pipeline.Request{
		Project: &config.Project{Path: path, Tree: source.Tree}, Config: read,
		Kind: kind.With(map[string]string{"CI_PROJECT_PATH": path}),
	}
	if e.changesNothing {
		request.Changed = rule.Changed{IsKnown: true, Paths: []string{"a file that no rule names"}}
	}
	return pipeline.Evaluate(request)
}

// decided matches parts of conditions whose results follow from the event alone. All else may depend on settings of the project, or on
// names of branches and tags. Every project has branches without an open merge request.
var decided = pattern.Lazy(`\$CI_PIPELINE_SOURCE\s*[!=]=\s*("[^"]*"|'[^']*')` +
	`|\$(CI_COMMIT_BRANCH|CI_COMMIT_REF_NAME)\s*[!=]=\s*\$CI_DEFAULT_BRANCH|\$CI_DEFAULT_BRANCH\s*[!=]=\s*\$(CI_COMMIT_BRANCH|CI_COMMIT_REF_NAME)` +
	`|\$CI_COMMIT_REF_PROTECTED\s*==\s*"true"` +
	`|\$(CI_COMMIT_TAG|CI_COMMIT_BRANCH|CI_MERGE_REQUEST_IID|CI_MERGE_REQUEST_ID|CI_OPEN_MERGE_REQUESTS)(\s*[!=]=\s*null|\s*=~\s*/\.\+/)?`)

var onlyOperators = pattern.Lazy(`^[\s()&|]*$`)

// decidedRefs are the names in `only` and `except` that are no branches or tags.
var decidedRefs = []string{"branches", "tags", "merge_requests", "schedules", "pushes", "web", "api", "triggers", "pipelines", "chat", "external"}

// isDecided reports whether the event alone decides if a pipeline has a job.
func (p *project) isDecided(name string) bool {
	job := p.byName[instance().ReplaceAllString(name, "")]
	if job == nil {
		return false
	}
	return p.hasDecidedRules(job.Keys.Get("rules")) && hasDecidedRefs(job.Keys.Get("only")) && hasDecidedRefs(job.Keys.Get("except"))
}

func (p *project) hasDecidedRules(rules *ciyaml.Value) bool {
	for _, item := range flat(rules) {
		condition := item.Get("if")
		if condition == nil || p.isOutput(condition.At.File) {
			continue // the variables of compiled rules are those of single pipelines
		}
		if !onlyOperators().MatchString(decided().ReplaceAllString(condition.String(), "")) {
			return false
		}
	}
	return true
}

func hasDecidedRefs(policy *ciyaml.Value) bool {
	if policy == nil {
		return true
	}
	if policy.Kind == ciyaml.Map {
		if policy.Has("variables") || policy.Has("kubernetes") {
			return false
		}
		policy = policy.Get("refs")
	}
	return !slices.ContainsFunc(policy.Texts(), func(ref string) bool { return !slices.Contains(decidedRefs, ref) })
}
