package server

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
)

// maxStack bounds recursion; Go's own limit is a gigabyte.
const maxStack = 256 << 20

// limit limits the memory of this process.
func limit() error {
	debug.SetMaxStack(maxStack)
	debug.SetMemoryLimit(client.MaxMemory * 3 / 4)
	if err := process.LimitMemory(client.MaxMemory); err != nil {
		return fmt.Errorf("limit the memory: %w", err)
	}
	go watchMemory()
	return nil
}

// watchMemory ends the process where it takes too much memory, on systems that do not limit it themselves as well.
func watchMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(10 * time.Millisecond) {
		metrics.Read(sample)
		if sample[0].Value.Uint64()-sample[1].Value.Uint64() > client.MaxMemory {
			os.Exit(client.ExitMemory)
		}
	}
}
