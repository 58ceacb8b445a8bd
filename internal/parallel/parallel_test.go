package parallel_test

import (
	"sync/atomic"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/parallel"
)

func TestEachCallsEverythingOnceAndNoMoreThanSomeAtATime(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 3, 100} {
		calls := make([]atomic.Int64, n)
		var running, most atomic.Int64
		parallel.Each(n, 4, func(i int) {
			if now := running.Add(1); now > most.Load() {
				most.Store(now)
			}
			calls[i].Add(1)
			running.Add(-1)
		})
		for i := range calls {
			if calls[i].Load() != 1 {
				t.Errorf("of %d, %d was called %d times", n, i, calls[i].Load())
			}
		}
		if most.Load() > 4 {
			t.Errorf("%d calls at a time", most.Load())
		}
	}
}
