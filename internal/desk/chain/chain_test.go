package chain_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/desk/chain"
)

var errBroken = errors.New("broken")

// short is an outcome in a few letters: "done", "failed", "skipped by 0", "cancelled".
func short(o chain.Outcome) string {
	switch o.State {
	case chain.Done:
		return "done"
	case chain.Failed:
		return "failed"
	case chain.Skipped:
		return fmt.Sprintf("skipped by %d", o.Because)
	case chain.Cancelled:
		return "cancelled"
	default:
		return "nothing"
	}
}

// runAll runs tasks and returns how each ended.
func runAll(ctx context.Context, needs [][]int, atOnce int, do func(context.Context, int) error) []string {
	ended := make([]string, len(needs))
	chain.Run(ctx, needs, atOnce, do, func(task int, o chain.Outcome) { ended[task] += short(o) })
	return ended
}

func TestRunGoesPastFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		needs [][]int
		fail  []int
		want  []string
	}{
		"nothing":                        {nil, nil, []string{}},
		"a chain":                        {[][]int{nil, {0}, {1}}, nil, []string{"done", "done", "done"}},
		"the end of a chain":             {[][]int{nil, {0}, {1}}, []int{2}, []string{"done", "done", "failed"}},
		"the beginning of a chain":       {[][]int{nil, {0}, {1}}, []int{0}, []string{"failed", "skipped by 0", "skipped by 0"}},
		"others go on":                   {[][]int{nil, nil, {0}, {1}}, []int{0}, []string{"failed", "done", "skipped by 0", "done"}},
		"one side of a diamond":          {[][]int{nil, {0}, {0}, {1, 2}, {0}}, []int{1}, []string{"done", "failed", "done", "skipped by 1", "done"}},
		"numbers need not be in order":   {[][]int{{2}, {0}, nil}, []int{2}, []string{"skipped by 2", "skipped by 2", "failed"}},
		"the same need twice":            {[][]int{nil, {0, 0}}, []int{0}, []string{"failed", "skipped by 0"}},
		"a cycle ends, and so do others": {[][]int{{1}, {0}, nil}, nil, []string{"failed", "failed", "done"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runAll(t.Context(), test.needs, 1, func(_ context.Context, task int) error {
				if slices.Contains(test.fail, task) {
					return errBroken
				}
				return nil
			})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRunKeepsTheOrder looks at every task of a random graph: what it needs has ended when it begins.
func TestRunKeepsTheOrder(t *testing.T) {
	t.Parallel()
	const size = 500
	needs := make([][]int, size)
	for i := 1; i < size; i++ {
		needs[i] = []int{i / 2, (i * 7919) % i}
	}
	var ended [size]atomic.Bool
	runAll(t.Context(), needs, 8, func(_ context.Context, task int) error {
		for _, n := range needs[task] {
			if !ended[n].Load() {
				t.Errorf("%d began before %d had ended", task, n)
			}
		}
		ended[task].Store(true)
		return nil
	})
}

func TestRunHasABound(t *testing.T) {
	t.Parallel()
	var (
		mu            sync.Mutex
		running, most int
		reached       sync.WaitGroup
	)
	reached.Add(3)
	runAll(t.Context(), make([][]int, 30), 3, func(_ context.Context, task int) error {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		if task < 3 {
			reached.Done()
			reached.Wait() // none of the first three ends before all of them run
		}
		mu.Lock()
		running--
		mu.Unlock()
		return nil
	})
	if most != 3 {
		t.Errorf("%d ran at once, want 3", most)
	}
}

// TestRunIsCancelled ends a run while its second task runs.
func TestRunIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	got := runAll(ctx, [][]int{nil, nil, {1}, nil}, 1, func(ctx context.Context, task int) error {
		if task == 1 {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	if diff := cmp.Diff([]string{"done", "cancelled", "cancelled", "cancelled"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRunIsLinear runs the shapes on which tools that walk paths, or call themselves for each parent, give up.
func TestRunIsLinear(t *testing.T) {
	t.Parallel()
	for name, needs := range map[string][][]int{"a chain of 10,000": aChain(10_000), "a ladder of 2 × 5,000": aLadder(5_000)} {
		for _, fails := range []bool{false, true} {
			begun := time.Now()
			got := runAll(t.Context(), needs, 2, func(_ context.Context, task int) error {
				if fails && task == 0 {
					return errBroken
				}
				return nil
			})
			if took := time.Since(begun); took > time.Second {
				t.Errorf("%s took %v", name, took)
			}
			want := "done"
			if fails {
				want = "skipped by 0"
			}
			if got := got[len(got)-1]; got != want {
				t.Errorf("%s: the last is %s, want %s", name, got, want)
			}
		}
	}
}

func aChain(length int) [][]int {
	needs := make([][]int, length)
	for i := 1; i < length; i++ {
		needs[i] = []int{i - 1}
	}
	return needs
}

// aLadder has two tasks on each of its levels, which need both of the level below.
func aLadder(levels int) [][]int {
	needs := make([][]int, 2*levels)
	for i := 2; i < 2*levels; i++ {
		below := (i/2 - 1) * 2
		needs[i] = []int{below, below + 1}
	}
	return needs
}

func BenchmarkRun(b *testing.B) {
	for name, needs := range map[string][][]int{"chain-10000": aChain(10_000), "ladder-2x5000": aLadder(5_000)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				chain.Run(b.Context(), needs, 2, func(context.Context, int) error { return nil }, func(int, chain.Outcome) {})
			}
		})
	}
}

// A task that a failure skipped is told of, though another of its needs never began.
func TestWhatNeverBeganIsToldOfOnce(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	got := runAll(ctx, [][]int{nil, nil, {0, 1}, {2}}, 1, func(_ context.Context, task int) error {
		if task == 0 {
			defer stop()
		}
		return nil
	})
	if diff := cmp.Diff([]string{"done", "cancelled", "cancelled", "cancelled"}, got); diff != "" {
		t.Error(diff)
	}
	cancelled, stop := context.WithCancel(t.Context())
	got = runAll(cancelled, [][]int{nil, nil, {0, 3}, nil, {2}}, 1, func(_ context.Context, task int) error {
		if task == 0 {
			return errBroken
		}
		stop()
		return nil
	})
	if diff := cmp.Diff([]string{"failed", "done", "skipped by 0", "cancelled", "skipped by 0"}, got); diff != "" {
		t.Error(diff)
	}
}
