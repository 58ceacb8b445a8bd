// Package chain runs tasks that need each other: each task after those that it needs, and several at a time. When a task fails, those
// that need it are skipped, and the others still run.
package chain

import (
	"context"
	"errors"
)

// State says how a task ended.
type State uint8

// The states. A cancelled task was stopped, or did not begin, because the context ended.
const (
	Done State = iota + 1
	Failed
	Skipped
	Cancelled
)

// Outcome says how a task ended, and why.
type Outcome struct {
	State State
	// Err is the error of a task that failed or was stopped.
	Err error
	// Because is the task whose failure skipped this one, however many other tasks are between the two.
	Because int
}

// errCycle is a mistake of the caller: the task can never begin.
var errCycle = errors.New("the task needs itself")

// Run calls do for every task, after the tasks that needs lists for it, with at most atOnce calls at a time. It returns when all calls
// have returned. It calls settled for each task as soon as its outcome is known, one call at a time. No task begins after the context has
// ended. The time that Run itself takes is linear in the number of needs.
func Run(ctx context.Context, needs [][]int, atOnce int, do func(ctx context.Context, task int) error, settled func(task int, o Outcome)) {
	r := newRun(needs, settled)
	ended := make(chan result)
	running := 0
	for len(r.ready) > 0 || running > 0 {
		for len(r.ready) > 0 && running < max(atOnce, 1) && ctx.Err() == nil {
			task := r.next()
			running++
			go func() { ended <- result{task, do(ctx, task)} }()
		}
		if running == 0 {
			break
		}
		one := <-ended
		running--
		r.settle(one.task, outcome(ctx, one.err))
	}
	r.giveUp()
}

type result struct {
	task int
	err  error
}

func outcome(ctx context.Context, err error) Outcome {
	switch {
	case err == nil:
		return Outcome{State: Done}
	case ctx.Err() != nil:
		return Outcome{State: Cancelled, Err: err}
	default:
		return Outcome{State: Failed, Err: err}
	}
}

// run is a graph of tasks in progress.
type run struct {
	outcomes []Outcome
	settled  func(task int, o Outcome)
	// neededBy lists the tasks that need each task, and waiting counts the needs of each that have not ended.
	neededBy [][]int
	waiting  []int
	ready    []int
}

func newRun(needs [][]int, settled func(int, Outcome)) *run {
	r := &run{settled: settled, outcomes: make([]Outcome, len(needs)), neededBy: make([][]int, len(needs)), waiting: make([]int, len(needs))}
	for task, needed := range needs {
		r.waiting[task] = len(needed)
		for _, n := range needed {
			r.neededBy[n] = append(r.neededBy[n], task)
		}
		if len(needed) == 0 {
			r.ready = append(r.ready, task)
		}
	}
	return r
}

func (r *run) next() int {
	task := r.ready[0]
	r.ready = r.ready[1:]
	return task
}

// settle records how a task ended. Tasks whose last need it was become ready, or are settled too.
func (r *run) settle(task int, o Outcome) {
	r.outcomes[task] = o
	next := []int{task}
	for len(next) > 0 {
		last := next[0]
		next = next[1:]
		r.settled(last, r.outcomes[last])
		for _, child := range r.neededBy[last] {
			r.inherit(child, last)
			if r.waiting[child]--; r.waiting[child] > 0 {
				continue
			}
			if r.outcomes[child].State == 0 {
				r.ready = append(r.ready, child)
			} else {
				next = append(next, child)
			}
		}
	}
}

// inherit passes a bad outcome on to a task that needs the failed one. A skipped task stays skipped: a failure explains more than a
// cancellation.
func (r *run) inherit(child, parent int) {
	of, fate := r.outcomes[parent], &r.outcomes[child]
	switch {
	case of.State == Failed && fate.State != Skipped:
		*fate = Outcome{State: Skipped, Because: parent}
	case of.State == Skipped && fate.State != Skipped:
		*fate = Outcome{State: Skipped, Because: of.Because}
	case of.State == Cancelled && fate.State == 0:
		*fate = Outcome{State: Cancelled}
	}
}

// giveUp settles the tasks that never began: those that were ready when the context ended, those that need them, and cycles.
func (r *run) giveUp() {
	for len(r.ready) > 0 {
		r.settle(r.next(), Outcome{State: Cancelled})
	}
	for task, waiting := range r.waiting {
		if waiting == 0 {
			continue
		}
		o := r.outcomes[task]
		if o.State == 0 {
			o = Outcome{State: Failed, Err: errCycle}
		}
		r.settled(task, o)
	}
}
