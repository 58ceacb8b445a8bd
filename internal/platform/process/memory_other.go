//go:build !linux

package process

// LimitMemory does nothing: no other system has that limit.
func LimitMemory(uint64) error { return nil }
