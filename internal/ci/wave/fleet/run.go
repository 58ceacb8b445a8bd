package fleet

import (
	"container/heap"
	"context"
	"slices"
	"strconv"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
)

// Change gives projects a new image, as a commit does, one after the other at random times within a span, and lets the waves
// run to their end.
func (f *Fleet) Change(span time.Duration, projects ...int) {
	for _, i := range projects {
		f.after(f.between(0, span+1), func() { f.commit(i) })
	}
	f.run()
}

func (f *Fleet) commit(i int) {
	id := f.begin()
	f.projects[i].publish(id, f.present(i), f.clock())
	f.pokeDependents(i, wave.Poke{Wave: id})
}

// Poll lets each project's schedule run once, one project after the other in a random order, and what they start to its end.
func (f *Fleet) Poll() {
	const day = 24 * time.Hour
	f.now = (f.now/day + 1) * day
	for _, i := range f.random.Perm(len(f.projects)) {
		f.after(f.between(0, time.Hour), func() { f.poll(i) })
	}
	f.run()
}

func (f *Fleet) begin() wave.ID {
	f.pipeline++
	return wave.Begin(strconv.Itoa(f.pipeline))
}

func (f *Fleet) run() {
	for len(f.events) > 0 && (f.config.MaxBuilds == 0 || len(f.Builds) < f.config.MaxBuilds) {
		next := heap.Pop(&f.events).(event)
		f.now = next.at
		next.happen()
	}
}

// arrive starts the job of a poked project, or lets it wait: jobs of one image run one after the other.
func (f *Fleet) arrive(i int, poke wave.Poke) {
	p := &f.projects[i]
	if p.busy {
		p.waiting = append(p.waiting, poke)
		return
	}
	f.Jobs++
	if f.decide(p, poke) && p.attempts.Refuses(f.fingerprint(i), f.clock()) == "" {
		f.start(i, poke)
	}
}

func (f *Fleet) decide(p *project, poke wave.Poke) bool {
	if f.config.Policy == Naive {
		return true
	}
	d := must(wave.Decide(context.Background(), f, poke, p.image, f.clock()))
	return d.Action == wave.Build || d.Action == wave.Leave && f.config.Policy == Eager
}

func (f *Fleet) poll(i int) {
	p := &f.projects[i]
	if p.busy {
		return
	}
	d, id, err := wave.Poll(context.Background(), f, p.image, f.clock())
	isDue := d.Action == wave.Build || d.Action == wave.Leave && f.config.Policy != Waves
	if err != nil || !isDue || p.attempts.Refuses(f.fingerprint(i), f.clock()) != "" {
		return
	}
	if id.IsZero() || f.config.Policy != Waves {
		id = f.begin()
	}
	f.Jobs++
	f.start(i, wave.Poke{Wave: id})
}

// start begins a build on what the parents are now.
func (f *Fleet) start(i int, poke wave.Poke) {
	f.projects[i].busy = true
	build := Build{Project: i, Start: f.now}
	build.Failed = f.random.Float64() < f.config.Failing || slices.Contains(f.config.Broken, i)
	on := f.present(i)
	for _, parent := range on {
		build.On = append(build.On, parent.Digest)
	}
	f.after(f.between(time.Minute, 20*time.Minute), func() { f.finish(build, poke, on) })
}

// finish ends a build: the image is published and its dependents are poked, or nothing happens.
func (f *Fleet) finish(build Build, poke wave.Poke, on []wave.Parent) {
	p := &f.projects[build.Project]
	p.busy = false
	build.End = f.now
	f.Builds = append(f.Builds, build)
	if build.Failed {
		p.attempts = p.attempts.Failed(wave.Fingerprint("", build.On), f.clock())
	} else {
		p.publish(poke.Wave, on, f.clock())
		f.pokeDependents(build.Project, poke)
	}
	for len(p.waiting) > 0 && !p.busy {
		next := p.waiting[0]
		p.waiting = p.waiting[1:]
		f.arrive(build.Project, next)
	}
}

// pokeDependents sends a poke to each project that is built on one. Some arrive twice.
func (f *Fleet) pokeDependents(i int, poke wave.Poke) {
	p := &f.projects[i]
	path, err := poke.Path.Visit(p.image.Name)
	if err != nil {
		f.Stopped = append(f.Stopped, err)
		return
	}
	for _, child := range p.children {
		arrive := func() { f.arrive(child, wave.Poke{By: p.image.Name, Wave: poke.Wave, Path: path}) }
		f.after(f.between(time.Second, 10*time.Minute), arrive)
		if f.random.Float64() < f.config.Twice {
			f.after(f.between(time.Second, time.Hour), arrive)
		}
	}
}

func (f *Fleet) fingerprint(i int) string {
	var digests []string
	for _, parent := range f.present(i) {
		digests = append(digests, parent.Digest)
	}
	return wave.Fingerprint("", digests)
}

func (f *Fleet) clock() time.Time { return time.Unix(0, 0).Add(f.now) }

func (f *Fleet) between(low, high time.Duration) time.Duration {
	return low + time.Duration(f.random.Int64N(int64(high-low)))
}

func (f *Fleet) after(delay time.Duration, happen func()) {
	heap.Push(&f.events, event{f.now + delay, happen})
}

// event is a poke that arrives, a build that ends, a schedule that starts or a commit.
type event struct {
	at     time.Duration
	happen func()
}

// queue is a heap of events, the next first.
type queue []event

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at < q[j].at }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(event)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	next := (*q)[last]
	*q = (*q)[:last]
	return next
}
