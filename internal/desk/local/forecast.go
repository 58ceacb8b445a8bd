package local

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Action is what a run would do with an image.
type Action string

// The actions. Unknown is that of an image whose registry gave no answer: a run would fail.
const (
	WouldBuild Action = "build"
	WouldTest  Action = "test"
	WouldKeep  Action = "keep"
	Unknown    Action = "unknown"
)

// Forecast is what a run would do with an image, and why.
type Forecast struct {
	Image  string `json:"image"`
	Action Action `json:"action"`
	Why    string `json:"why"`
	// parent is the number of the forecast below which it is shown, or -1.
	parent int
}

// Forecast returns what Build would do with each image that it would show. It builds nothing, and reads no layers.
func (s Session) Forecast(ctx context.Context, request Request) ([]Forecast, error) {
	defer s.Progress.Close()
	locations, p, err := s.decide(ctx, request)
	if err != nil {
		return nil, err
	}
	conn, err := s.start(nil)
	if err != nil {
		return nil, err
	}
	defer conn.server.Close()
	var forecasts []Forecast
	var images []oci.Reference
	for _, planned := range s.planned(request.Chosen, locations, p) {
		i := slices.IndexFunc(s.Project.Images, func(image Image) bool { return image.Name == planned.Image })
		action, why := s.forecast(i, locations[i], p)
		var built oci.Reference
		switch {
		case action == WouldKeep, action == WouldTest:
			built = conn.built(i, locations[i])
		case action == WouldBuild && locations[i] == (Location{}) && !p.force[i] && s.isBuiltUntested(i, request, p):
			action, why, built = WouldTest, isUntested, conn.untested(ctx, i)
		}
		forecasts, images = append(forecasts, Forecast{planned.Image, action, why, planned.Parent}), append(images, built)
	}
	for k, parents := range conn.origins(ctx, images) {
		if f := &forecasts[k]; f.Why == isUntested && len(parents.moved) > 0 {
			f.Action, f.Why = WouldBuild, isUntested+", and "+strings.Join(parents.moved, ", ")+" moved since"
		} else {
			f.Why += parents.String()
		}
	}
	return forecasts, nil
}

// isUntested is the reason to test a build again. Another one is made only if a parent has changed.
const isUntested = "this machine has a build of it that has not passed its tests"

func (s Session) forecast(i int, l Location, p plan) (Action, string) {
	image := s.Project.Images[i]
	switch {
	case l.Err != nil:
		return Unknown, l.Err.Error()
	case p.force[i] && p.work[i]:
		return WouldBuild, "--force rebuilds it"
	case l == Location{} && s.Project.IsPublished:
		return WouldBuild, fmt.Sprintf("neither its registry nor this machine has %s", image.Reference)
	case l == Location{}:
		return WouldBuild, fmt.Sprintf("this machine does not have %s", image.Reference)
	case !p.work[i] && l.Published.IsZero():
		return WouldKeep, "this machine has it, and it passed its tests"
	case !p.work[i]:
		return WouldKeep, "its registry has it"
	case l.Published.IsZero() && !s.isTested(i, l.Local):
		return WouldTest, "this machine has it, and it has not passed its current tests"
	}
	for _, parent := range image.Needs {
		if p.isRebuilt[parent] {
			return WouldBuild, "its parent " + s.Project.Images[parent].Name + " is rebuilt"
		}
	}
	return WouldBuild, "a parent is rebuilt"
}

// isBuiltUntested reports whether the run would find a build of the image that has no tag, since its tests failed. It is of no use if a parent
// is rebuilt.
func (s Session) isBuiltUntested(i int, request Request, p plan) bool {
	image := s.Project.Images[i]
	if request.AllPlatforms && image.platforms() != nil || slices.ContainsFunc(image.Needs, func(parent int) bool { return p.isRebuilt[parent] }) {
		return false
	}
	digest, err := s.Store.Resolve(image.untested())
	return err == nil && !digest.IsZero() && image.requiredTests() != ""
}

// untested names the record of a build that has no tag.
func (i Image) untested() oci.Reference {
	return record.Untested(jobenv.Target{Repository: i.Reference.Repository(), Tag: i.Reference.Tag()}, "")
}

// Forecasts returns the work that a run would do, as a tree.
func Forecasts(look terminal.Look, forecasts []Forecast) string {
	roots, _ := trees(len(forecasts), func(i int) int { return forecasts[i].parent }, func(i int) terminal.Branch {
		f := forecasts[i]
		return terminal.Branch{Name: f.Image, Style: actionStyles[f.Action], Column: fmt.Sprintf("%-7s", f.Action), Note: f.Why}
	})
	look.Width = 0 // the reasons are whole: nothing redraws this tree, so a terminal may wrap it
	return look.Tree(roots)
}

var actionStyles = map[Action]terminal.Style{WouldBuild: terminal.Cyan, WouldTest: terminal.Cyan, WouldKeep: terminal.Normal, Unknown: terminal.Red}
