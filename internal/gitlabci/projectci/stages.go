package projectci

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// GitLab has these stages around all others, and a job without a stage in this one, https://docs.gitlab.com/ci/yaml/#stages.
const (
	firstStage   = ".pre"
	lastStage    = ".post"
	defaultStage = "test"
)

// stages are the stages of a pipeline in their order.
type stages struct {
	names []string
	// at are the places of those that the project wrote itself.
	at map[string]diagnostic.Span
	// list is the place of the list.
	list diagnostic.Span
}

// need is a job that needs another.
type need struct{ job, needed *ciyaml.Job }

// checkStages reports stages that GitLab refuses: one that does not exist, or one of a compiled job before the stage of a job that is
// needed. Jobs of the project itself count only where all of the pipeline was read.
func (p *project) checkStages() {
	all, ok := p.stages()
	if !ok {
		return
	}
	needs := p.needs()
	judged := p.compiledJobs
	if p.isWhole() && len(p.read.Conditional) == 0 {
		judged = p.jobs
	}
	definitionFile := p.Definition.File
	hint := sync.OnceValue(func() string { return hintFor(all, judged, needs, definitionFile) })
	isCompiled := false
	seen := map[[2]string]bool{}
	isNew := func(a, b string) bool {
		defer func() { seen[[2]string{a, b}] = true }()
		return !seen[[2]string{a, b}]
	}
	var missing []string
	for _, job := range judged {
		if stage := stageOf(job); stage != "" && !all.has(stage) && isNew(stage, "") {
			missing = append(missing, fmt.Sprintf("%s is in the stage %s", job.Name, diagnostic.Quote(stage)))
			isCompiled = isCompiled || p.names[job.Name]
		}
	}
	if len(missing) > 0 {
		if !isCompiled {
			definitionFile = ""
		}
		p.found.Errorf(diagnostic.Stages, all.list, "%s, not in `stages`; GitLab refuses the pipeline", strings.Join(missing, ", ")).
			WithHint("%s", hint()).WithKey("stages")
	}
	for _, n := range needs {
		stage, earlier := stageOf(n.job), stageOf(n.needed)
		if all.has(stage) && all.has(earlier) && all.index(stage) < all.index(earlier) && isNew(stage, earlier) {
			p.found.Errorf(diagnostic.Stages, all.place(stage), "the stage %s is before %s, but %s needs %s; GitLab refuses the pipeline", diagnostic.Quote(stage), diagnostic.Quote(earlier), n.job.Name, n.needed.Name).
				WithHint("%s", hint()).WithKey(stage + " " + earlier)
		}
	}
}

// stages are those of the pipeline, unless an include that was not read, or is not always there, may have others.
func (p *project) stages() (stages, bool) {
	list := p.read.Top.Get("stages")
	switch {
	case list == nil:
		return stages{names: []string{firstStage, "build", defaultStage, "deploy", lastStage}, list: p.include()}, p.isWhole()
	case list.At.File != File && (!p.isWhole() || len(p.read.Conditional) > 0):
		return stages{}, false
	}
	out := stages{names: []string{firstStage}, at: map[string]diagnostic.Span{}, list: list.At}
	out.add(list)
	out.names = append(out.names, lastStage)
	return out, true
}

// add adds the stages of a list.
func (s *stages) add(list *ciyaml.Value) {
	for _, item := range flat(list) {
		if item.Kind == ciyaml.Text && item.Text != firstStage && item.Text != lastStage {
			s.names = append(s.names, item.Text)
			s.at[item.Text] = item.At
		}
	}
}

func (s *stages) has(name string) bool { return slices.Contains(s.names, name) }

func (s *stages) index(name string) int { return slices.Index(s.names, name) }

func (s *stages) place(name string) diagnostic.Span { return cmp.Or(s.at[name], s.list) }

// stageOf is the stage of a job; it is empty where it is not known.
func stageOf(job *ciyaml.Job) string {
	stage := job.Keys.Get("stage")
	switch {
	case stage == nil:
		return defaultStage
	case strings.Contains(stage.Text, "$[["):
		return ""
	}
	return stage.String()
}

// needs are the needs that compiled jobs have, and those that other jobs have of them. Others count only where all of the pipeline was
// read: a job may have its stage from elsewhere, and may not be there.
func (p *project) needs() []need {
	isCompiled := map[*ciyaml.Job]bool{}
	for _, job := range p.compiledJobs {
		isCompiled[job] = true
	}
	var out []need
	for _, job := range p.jobs {
		for _, name := range neededBy(job) {
			needed, ok := p.byName[name]
			if ok && (isCompiled[job] && isCompiled[needed] || p.isAllRead() && (isCompiled[job] || isCompiled[needed])) {
				out = append(out, need{job, needed})
			}
		}
	}
	return out
}

// neededBy are the names of the jobs of the same pipeline that a job needs.
func neededBy(job *ciyaml.Job) []string {
	var out []string
	for _, m := range needsIn(job.Keys.Get("needs")) {
		out = append(out, m.name)
	}
	return out
}

// maxProposed is how many stages a hint lists.
const maxProposed = 50

// hintFor proposes a list of stages that GitLab takes, as near as possible to the one that there is. Without a definition it proposes
// no other stages for the images.
func hintFor(all stages, compiled []*ciyaml.Job, needs []need, definitionFile string) string {
	names := slices.Clone(all.names[:len(all.names)-1])
	for _, job := range compiled {
		if stage := stageOf(job); !slices.Contains(names, stage) && stage != lastStage {
			names = append(names, stage)
		}
	}
	after := map[string][]string{}
	for _, name := range names[1:] {
		after[name] = []string{firstStage}
	}
	after[lastStage] = slices.Clone(names)
	for _, n := range needs {
		if stage, earlier := stageOf(n.job), stageOf(n.needed); stage != earlier {
			after[stage] = append(after[stage], earlier)
		}
	}
	other := "choose other stages for the images with `stages` in " + definitionFile
	if definitionFile == "" {
		other = "choose another stage for the job"
	}
	if len(names) > maxProposed {
		return other
	}
	ordered, ok := sorted(append(names, lastStage), after)
	if !ok {
		return other
	}
	for i, name := range ordered {
		if !plainStage().MatchString(name) {
			ordered[i] = strconv.Quote(name)
		}
	}
	return "write `stages: [" + strings.Join(ordered[1:len(ordered)-1], ", ") + "]` in " + File + ", or " + other
}

// plainStage matches what needs no quotes in a YAML list.
var plainStage = pattern.Lazy(`^\.?[A-Za-z][A-Za-z0-9_.-]*$`)

// sorted orders names so that each comes after those that it must come after, and otherwise as they are. It fails where no order does.
func sorted(names []string, after map[string][]string) ([]string, bool) {
	var out, open []string
	var add func(name string) bool
	add = func(name string) bool {
		switch {
		case slices.Contains(out, name):
			return true
		case slices.Contains(open, name):
			return false
		}
		open = append(open, name)
		for _, other := range names {
			if slices.Contains(after[name], other) && !add(other) {
				return false
			}
		}
		open = open[:len(open)-1]
		out = append(out, name)
		return true
	}
	for _, name := range names {
		if !add(name) {
			return nil, false
		}
	}
	return out, true
}
