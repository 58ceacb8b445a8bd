// Package parallel does many things of one kind, some of them at a time.
package parallel

import "sync"

// Each calls a function with every number below n, at most atOnce of the calls at a time, and returns when all have returned.
func Each(n, atOnce int, do func(i int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range min(atOnce, n) {
		group.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}
