package network

import (
	"sync"
	"time"
)

// leastBytes is how many bytes a transfer must move within a time.
func leastBytes(within time.Duration) int64 { return int64(within.Seconds() * MinimumRate) }

// pace watches a transfer: it calls tooSlow when fewer bytes moved than a window of time asks for. Only the time counts in
// which the network is waited for, so that a slow reader or a slow source is no fault of the server's.
type pace struct {
	window  time.Duration
	tooSlow func()

	mu    sync.Mutex
	timer *time.Timer
	// moved and waited are the bytes and the time of this window, since is when the present wait began.
	moved  int64
	waited time.Duration
	since  time.Time
}

func newPace(window time.Duration, tooSlow func()) *pace {
	return &pace{window: window, tooSlow: tooSlow}
}

// wait begins to wait for the network.
func (p *pace) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = time.Now()
	left := p.window - p.waited
	if p.timer == nil {
		p.timer = time.AfterFunc(left, p.expire)
		return
	}
	p.timer.Reset(left)
}

// move ends the wait, and counts the bytes that the network has moved.
func (p *pace) move(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
	p.moved += int64(n)
	if !p.since.IsZero() {
		p.waited += time.Since(p.since)
		p.since = time.Time{}
	}
}

// expire ends a window. It begins another one where enough bytes have moved in this one.
func (p *pace) expire() {
	p.mu.Lock()
	if p.since.IsZero() { // a move came first
		p.mu.Unlock()
		return
	}
	isEnough := p.moved >= leastBytes(p.window)
	if isEnough {
		p.moved, p.waited, p.since = 0, 0, time.Now()
		p.timer.Reset(p.window)
	}
	p.mu.Unlock()
	if !isEnough {
		p.tooSlow()
	}
}
