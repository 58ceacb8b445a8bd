//go:build chaos

package chaos_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// plan is what happens in a run. It follows from the seed alone.
type plan struct{ steps []step }

// step is something that happens while faults are armed, and what people do about it afterwards.
type step struct {
	name   string
	do     func(w *world, s step)
	change variant
	faults []*armedFault
	// moment is when a pipeline is canceled.
	moment time.Duration
	// choice is a random number for what a step has to choose.
	choice int
	// isRetried lets somebody run the failed jobs again, with nothing in their way. isHealed lets a healthy pipeline follow.
	isRetried, isHealed bool
}

// events are the kinds of steps and how often they happen.
var events = []struct {
	name   string
	weight int
	do     func(*world, step)
}{
	{"push", 6, (*world).push},
	{"rebuild", 3, (*world).rebuild},
	{"merge request", 1, (*world).mergeRequest},
	{"schedule", 2, (*world).schedule},
	{"two pipelines at once", 2, (*world).twoAtOnce},
	{"cancel", 2, (*world).cancel},
	{"retry of an old release", 2, (*world).retryOld},
}

// targets are the requests that a fault may be for, and among how many of them it happens.
var targets = []struct {
	only     class
	isRecord bool
	weight   int
	among    int
}{
	{"", false, 6, 120},
	{putTag, false, 3, 8},
	{startPipeline, false, 3, 2},
	{readManifest, false, 2, 40},
	{readManifest, true, 2, 8},
	{putTag, true, 2, 5},
	{uploadBlob, false, 1, 30},
	{readBlob, false, 1, 20},
	{askToken, false, 1, 20},
	{otherOfGitLab, false, 1, 3},
	{listTags, false, 1, 2},
	{deleteTag, false, 1, 3},
}

func newPlan(rng *rand.Rand) plan {
	var p plan
	content := variant{version: 1}
	for i := range 2 + rng.IntN(2) {
		event := events[chosen(rng, len(events), func(i int) int { return events[i].weight })]
		if i > 0 && rng.IntN(10) < 7 {
			content = variant{version: i + 1, badBase: rng.IntN(8) == 0, badChild: rng.IntN(8) == 0}
		}
		s := step{
			name: event.name, do: event.do, change: content, moment: time.Duration(rng.IntN(2000)) * time.Millisecond, choice: rng.IntN(1000),
			isRetried: rng.IntN(3) == 0, isHealed: rng.IntN(3) == 0,
		}
		for range 1 + rng.IntN(3) {
			s.faults = append(s.faults, newFault(rng))
		}
		p.steps = append(p.steps, s)
	}
	return p
}

func newFault(rng *rand.Rand) *armedFault {
	target := targets[chosen(rng, len(targets), func(i int) int { return targets[i].weight })]
	var possible []fault
	for _, f := range table {
		if f.on == nil || target.only == "" || slices.Contains(f.on, target.only) {
			possible = append(possible, f)
		}
	}
	return &armedFault{
		fault: possible[rng.IntN(len(possible))], only: target.only, isRecord: target.isRecord, skip: rng.IntN(target.among),
		times: []int{1, 1, 1, 1, 2, 2, 5, 12}[rng.IntN(8)], at: rng.IntN(1 << 20),
	}
}

// chosen chooses one of some by their weights.
func chosen(rng *rand.Rand, some int, weight func(int) int) int {
	total := 0
	for i := range some {
		total += weight(i)
	}
	left := rng.IntN(total)
	for i := range some {
		if left -= weight(i); left < 0 {
			return i
		}
	}
	return some - 1
}

// carryOut lets a plan happen, and judges.
func (w *world) carryOut(p plan) {
	for _, s := range p.steps {
		w.logf("step: %s", s.name)
		for _, f := range s.faults {
			w.logf("armed: %s", f)
		}
		w.proxy.arm(s.faults...)
		before := len(w.pipelines)
		s.do(w, s)
		w.proxy.arm()
		if s.isRetried {
			for _, p := range w.pipelines[before:] {
				w.logf("somebody retries what failed in pipeline %d", p.id)
				w.runAll(context.Background(), p)
			}
		}
		if s.isHealed && s.change.isGood() {
			w.heal(w.commit(s.change))
		}
	}
	last := p.steps[len(p.steps)-1].change
	last.badBase, last.badChild = false, false
	w.heal(w.commit(last))
	w.judgeAll()
}

func (w *world) push(s step) {
	w.runAll(context.Background(), w.start(push, w.commit(s.change), "a", nil))
}

func (w *world) rebuild(s step) {
	image := []string{"base", "child", "base,child"}[s.choice%3]
	w.runAll(context.Background(), w.start(push, w.commit(s.change), "a", map[string]string{"STEMMA_REBUILD": image}))
}

func (w *world) mergeRequest(s step) {
	w.runAll(context.Background(), w.start(mergeRequest, w.commit(s.change), "a", nil))
}

// schedule lets the update check and the cleanup run, mostly after the image outside has moved; what the check starts runs then.
func (w *world) schedule(s step) {
	if s.choice%3 > 0 {
		w.pushOuter()
	}
	c, own := w.commit(s.change), w.name+"/project"
	before := len(w.history.startsOf(own))
	w.runAll(context.Background(), w.start(schedule, c, "a", nil))
	for _, started := range w.history.startsOf(own)[before:] {
		w.runAll(context.Background(), w.create(started.id, triggered, c, "a", started.variables))
	}
}

// twoAtOnce lets a pipeline begin while another one of the commit before runs.
func (w *world) twoAtOnce(s step) {
	newer := s.change
	newer.version += 100
	if s.choice%3 == 0 {
		newer = s.change
	}
	first, second := w.start(push, w.commit(s.change), "a", nil), w.start(push, w.commit(newer), "b", nil)
	var both sync.WaitGroup
	both.Go(func() { w.runAll(context.Background(), first) })
	both.Go(func() {
		time.Sleep(s.moment / 2)
		w.runAll(context.Background(), second)
	})
	both.Wait()
}

// cancel cancels a pipeline.
func (w *world) cancel(s step) {
	ctx, stop := context.WithTimeout(context.Background(), s.moment)
	defer stop()
	w.runAll(ctx, w.start(push, w.commit(s.change), "a", nil))
}

// retryOld lets somebody run the release and poke jobs of an earlier pipeline again, after another one.
func (w *world) retryOld(s step) {
	w.runAll(context.Background(), w.start(push, w.commit(s.change), "a", nil))
	old := w.pipelines[s.choice%len(w.pipelines)]
	w.logf("somebody retries the release of pipeline %d", old.id)
	for name, r := range maps.Clone(old.results) {
		if strings.HasPrefix(name, "release:") || strings.HasPrefix(name, "poke:") {
			old.results[name] = &result{artifacts: r.artifacts}
		}
	}
	w.runAll(context.Background(), old)
}

// predefined are the variables that GitLab predefines for a pipeline.
func (w *world) predefined(source string, c *commit, id int64) map[string]string {
	host := w.proxy.host()
	out := map[string]string{
		"CI": "true", "GITLAB_CI": "true", "CI_API_V4_URL": "http://" + host + "/api/v4", "CI_SERVER_URL": "http://" + host,
		"CI_SERVER_FQDN": host, "CI_SERVER_HOST": "127.0.0.1", "CI_PROJECT_ID": "1", "CI_PROJECT_NAME": "project", "CI_PROJECT_NAMESPACE": w.name,
		"CI_PROJECT_PATH": w.name + "/project", "CI_DEFAULT_BRANCH": "main", "CI_REGISTRY": host, "CI_REGISTRY_IMAGE": host + "/" + w.name + "/project",
		"CI_REPOSITORY_URL": "file://" + w.dir + "/repository", "CI_COMMIT_SHA": c.sha, "CI_PIPELINE_ID": strconv.FormatInt(id, 10), "CI_PIPELINE_SOURCE": source,
	}
	if source == mergeRequest {
		maps.Copy(out, map[string]string{
			"CI_COMMIT_REF_NAME": "topic", "CI_COMMIT_REF_PROTECTED": "false", "CI_MERGE_REQUEST_ID": "70", "CI_MERGE_REQUEST_IID": "7",
			"CI_MERGE_REQUEST_PROJECT_PATH": w.name + "/project", "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": w.name + "/project",
			"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic", "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
		})
		return out
	}
	maps.Copy(out, map[string]string{"CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main", "CI_COMMIT_REF_PROTECTED": "true"})
	return out
}
