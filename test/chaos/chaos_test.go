//go:build chaos

// Package chaos_test runs the real commands against registries and a GitLab that fail, and kills them at random moments. README.md
// says what is faked and what must hold.
package chaos_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// The flags of a run.
var (
	first     = flag.Uint64("seed", 0, "the first seed; the time when zero")
	faults    = flag.Int("faults", 1000, "how many runs with faults, each with the next seed")
	kills     = flag.Int("kills", 500, "how many runs with a kill, each with the next seed")
	fakes     = flag.String("fakes", "", "the folder of the fake buildah")
	realness  = flag.Int("real", 40, "every how many runs have the real buildah; never when zero")
	backend   = flag.String("registry", "", "a registry to use, host:port, without credentials; a new Distribution when empty")
	storage   = flag.String("storage", "", "the folder of that registry's file system storage, if it cannot delete tags")
	leftovers = flag.Int("leftovers", 0, "how many kills of each command TestLeftovers counts the remains of; it needs root")
	isAlone   = flag.Bool("alone", false, "internal: this process has folders of its own where programs keep temporary files and images")
	verbose   = flag.Bool("logs", false, "print the log of every run, not only of those that fail")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *isAlone {
		coverFolders()
	}
	os.Exit(withRegistry(m))
}

// withRegistry runs the tests beside a registry.
func withRegistry(m *testing.M) int {
	if *first == 0 {
		*first = uint64(time.Now().Unix())
	}
	for _, program := range []string{"stemma", "stemma-job", filepath.Join(*fakes, "buildah")} {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Fprintf(os.Stderr, "%v: `make chaos` builds it\n", err)
			return 1
		}
	}
	if *backend == "" {
		stop, err := startRegistry()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer stop()
	}
	fmt.Printf("Runs with faults: %d; with a kill: %d; seeds from %d. `make chaos SEED=…` repeats one.\n", *faults, *kills, *first)
	code := m.Run()
	fmt.Printf("%d processes ran, %d requests met a fault, %d processes were killed.\n", tally.processes.Load(), tally.faults.Load(), tally.kills.Load())
	return code
}

// tally counts what happened in all runs.
var tally struct{ processes, faults, kills atomic.Int64 }

// TestFaults runs pipelines while the registry and GitLab fail, then healthy ones, and judges what is left.
func TestFaults(t *testing.T) {
	for seed := *first; seed < *first+uint64(*faults); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			defer w.close()
			w.carryOut(newPlan(w.rng))
		})
	}
}

// TestKills ends commands by SIGKILL, runs them again, and compares with the result of an undisturbed run.
func TestKills(t *testing.T) {
	for seed := *first; seed < *first+uint64(*kills); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			defer w.close()
			kind := murders[int(seed)%len(murders)]
			w.logf("kill -9 in %s", kind.name)
			kind.run(w)
		})
	}
}
