// Package chain runs tasks that need each other: each one after those that it needs, as many at a time as is allowed, and
// past failures. What needs a task that failed is skipped.
package chain

import (
	"context"
	"errors"
)

// State is how a task ended.
type State uint8

// The states. A task that is cancelled was stopped, or not begun, because all of them were to end.
const (
	Done State = iota + 1
	Failed
	Skipped
	Cancelled
)

// Outcome is how a task ended, and why.
type Outcome struct {
	State State
	// Err is that of a task that failed or was stopped.
	Err error
	// Because is the task whose failure skipped this one, however many other tasks are between the two.
	Because int
}

// errCycle is the fault of a caller: no task can begin.
var errCycle = errors.New("the task needs itself")

// Run calls do with the number of every task, after those that needs lists for it, at most atOnce calls at a time, and returns
// when all have returned. It calls settled, one call at a time, as soon as it is known how a task ended. No task begins once the
// context has ended. What Run itself does takes as long as looking at each need once.
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

// run is a graph on its way.
type run struct {
	outcomes []Outcome
	settled  func(task int, o Outcome)
	// neededBy lists the tasks that need each one, and waiting counts what each still waits for.
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

// settle notes how a task ended, and with it all that follows at once: what it was the last need of is ready, or skipped.
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

// inherit lets a task share the fate of one that it needs. A failure says more than that all was to end.
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

// giveUp settles what never began: what was still to run when the context ended, with all that needs it, and what needs itself.
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
