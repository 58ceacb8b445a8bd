package fleet_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave/fleet"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

var shapes = []struct {
	name  string
	shape fleet.Shape
}{{"chain", fleet.Chain}, {"tree", fleet.Tree}, {"lattice", fleet.Lattice}, {"random", fleet.Random}}

// eachFleet runs a test on every shape with 1,000 projects, a number of times. With -short, it takes a chain and a lattice, once.
func eachFleet(t *testing.T, seeds uint64, config fleet.Config, test func(t *testing.T, f *fleet.Fleet)) {
	t.Helper()

	if testing.Short() {
		seeds = 1
	}
	for _, s := range sample.List(shapes, 2) {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s-%d", s.name, seed), func(t *testing.T) {
				t.Parallel()
				config := config
				config.Shape, config.Seed, config.Projects, config.Policy = s.shape, seed, 1000, fleet.Waves
				test(t, fleet.New(config))
			})
		}
	}
}

func TestEveryAffectedImageIsBuiltOnceAfterItsLastParent(t *testing.T) {
	t.Parallel()
	eachFleet(t, 3, fleet.Config{Twice: 0.2}, func(t *testing.T, f *fleet.Fleet) {
		f.Change(0, 0)
		var built []int
		ended := map[int]time.Duration{}
		for _, build := range f.Builds {
			built = append(built, build.Project)
			ended[build.Project] = build.End
		}
		affected := f.Affected(0)
		slices.Sort(built)
		if diff := cmp.Diff(affected, built); diff != "" {
			t.Errorf("the affected images (-) and the builds (+) differ:\n%s", diff)
		}
		for _, build := range f.Builds {
			for _, parent := range f.Parents(build.Project) {
				if end, ok := ended[parent]; ok && build.Start < end {
					t.Errorf("project %d was built before its parent %d", build.Project, parent)
				}
			}
		}
		if stale := f.Stale(); len(stale) > 0 {
			t.Errorf("stale after the wave: %v", stale)
		}
		if len(affected) < 500 {
			t.Errorf("only %d images are affected", len(affected))
		}
	})
}

func TestFailuresLeaveNothingBuiltOnAParentOlderThanTheWave(t *testing.T) {
	t.Parallel()
	eachFleet(t, 1, fleet.Config{Twice: 0.2, Failing: 0.05}, func(t *testing.T, f *fleet.Fleet) {
		affected := map[int]bool{0: true}
		for _, i := range f.Affected(0) {
			affected[i] = true
		}
		before := map[int]string{}
		for i := range 1000 {
			before[i] = digest(t, f, i)
		}
		f.Change(0, 0)
		failures := 0
		for _, build := range f.Builds {
			if build.Failed {
				failures++
			}
			for n, parent := range f.Parents(build.Project) {
				if affected[parent] && build.On[n] == before[parent] {
					t.Errorf("project %d was built on its parent %d of before the wave", build.Project, parent)
				}
			}
		}
		if failures == 0 {
			t.Error("nothing failed, so nothing is proven")
		}
		days := 0
		for ; len(f.Stale()) > 0 && days < 50; days++ {
			f.Poll()
		}
		if stale := f.Stale(); len(stale) > 0 {
			t.Errorf("still stale after %d days of polls: %v", days, stale)
		}
		if most := len(affected) * 11 / 10; len(f.Builds) > most {
			t.Errorf("%d builds with those of the polls, want at most %d", len(f.Builds), most)
		}
	})
}

func TestImagesThatAlwaysFailAreTriedThreeTimes(t *testing.T) {
	t.Parallel()
	broken := []int{7, 20}
	eachFleet(t, 3, fleet.Config{Twice: 0.2, Broken: broken}, func(t *testing.T, f *fleet.Fleet) {
		f.Change(0, 0)
		for range 20 {
			f.Poll()
		}
		tries := map[string]int{}
		for _, build := range f.Builds {
			if build.Failed {
				tries[fmt.Sprint(build.Project, build.On)]++
			}
		}
		for what, times := range tries {
			if times > wave.MaxFailures {
				t.Errorf("%s was tried %d times", what, times)
			}
		}
		for _, i := range f.Stale() {
			if !slices.Contains(broken, i) {
				t.Errorf("project %d is stale, but fails never", i)
			}
		}
		before := len(f.Builds)
		f.Poll()
		if len(f.Builds) != before {
			t.Errorf("%d builds although nothing changed", len(f.Builds)-before)
		}
	})
}

func TestWavesThatMeetEndInWhatIsPresent(t *testing.T) {
	t.Parallel()
	eachFleet(t, 3, fleet.Config{Twice: 0.2}, func(t *testing.T, f *fleet.Fleet) {
		f.Change(time.Hour, 0, 1, 2, 3, 0)
		if stale := f.Stale(); len(stale) > 0 {
			t.Errorf("stale after all waves: %v", stale)
		}
	})
}

func TestWavesEndWhereTheyComeTooFar(t *testing.T) {
	t.Parallel()
	f := fleet.New(fleet.Config{Projects: 100, Policy: fleet.Waves, Shape: func(projects int, _ *rand.Rand) [][]int {
		parents := make([][]int, projects)
		for i := 1; i < projects; i++ {
			parents[i] = []int{i - 1}
		}
		return parents
	}})
	f.Change(0, 0)
	var depth wave.DepthError
	if len(f.Stopped) != 1 || !errors.As(f.Stopped[0], &depth) {
		t.Fatalf("the wave ended with %v, want that it came too far", f.Stopped)
	}
	if len(f.Builds) != wave.MaxDepth {
		t.Errorf("%d builds, want %d", len(f.Builds), wave.MaxDepth)
	}
}

func TestRandomFleetsHaveFourEdgesPerProject(t *testing.T) {
	t.Parallel()
	edges := 0
	f := fleet.New(fleet.Config{Projects: 10_000, Shape: fleet.Random})
	for i := range 10_000 {
		edges += len(f.Parents(i))
	}
	if edges < 40_000-1000 || edges > 40_000+1000 {
		t.Errorf("%d edges", edges)
	}
}

func TestEagerFleetsBuildMore(t *testing.T) {
	t.Parallel()
	builds := map[fleet.Policy]int{}
	for _, policy := range []fleet.Policy{fleet.Waves, fleet.Eager, fleet.Naive} {
		f := fleet.New(fleet.Config{Projects: 100, Policy: policy, Shape: fleet.Random, MaxBuilds: 100_000})
		f.Change(0, 0)
		builds[policy] = len(f.Builds)
	}
	if builds[fleet.Waves] >= builds[fleet.Eager] || builds[fleet.Eager] >= builds[fleet.Naive] {
		t.Errorf("the policies make no difference: %v", builds)
	}
}

func digest(t *testing.T, f *fleet.Fleet, i int) string {
	t.Helper()
	digest, err := f.Digest(t.Context(), fmt.Sprintf("team/p%d/image", i))
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// BenchmarkWave is a change of the first of 10,000 projects with each policy: how many images it affects, how often any is built
// and how many jobs run. Where builds fail, the schedules of as many days follow as have something to build.
func BenchmarkWave(b *testing.B) {
	for _, s := range shapes {
		for _, policy := range []fleet.Policy{fleet.Waves, fleet.Eager, fleet.Naive} {
			b.Run(s.name+"/"+string(policy), func(b *testing.B) {
				benchmark(b, fleet.Config{Shape: s.shape, Policy: policy, MaxBuilds: 200_000})
			})
		}
		b.Run(s.name+"/waves-failing-5%", func(b *testing.B) {
			benchmark(b, fleet.Config{Shape: s.shape, Policy: fleet.Waves, Failing: 0.05})
		})
	}
}

func benchmark(b *testing.B, config fleet.Config) {
	b.Helper()
	config.Projects, config.Twice = 10_000, 0.05
	var f *fleet.Fleet
	days := 0
	for b.Loop() {
		f, days = fleet.New(config), 0
		f.Change(0, 0)
		for before := 0; config.Failing > 0 && before < len(f.Builds); days++ {
			before = len(f.Builds)
			f.Poll()
		}
	}
	b.ReportMetric(float64(len(f.Affected(0))), "affected")
	b.ReportMetric(float64(len(f.Builds)), "builds")
	b.ReportMetric(float64(f.Jobs), "jobs")
	b.ReportMetric(float64(len(f.Stale())), "stale")
	b.ReportMetric(float64(days), "days")
}
