// Package status tells which images of a project are released, tested, failed or missing, by what registries and GitLab say.
package status

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Question says which images to ask about.
type Question struct {
	// Images has names and patterns of images. Without any, all images are chosen.
	Images []string
	// Registry is the registry path of the images; see target.Find.
	Registry string
	// Progress is a terminal that shows a bar; nil for none.
	Progress io.Writer
}

// State says how far an image is.
type State string

// The states.
const (
	// Released: the last release of the default branch is this image.
	Released State = "released"
	// Tested: the image has its tag and passed its tests.
	Tested State = "tested"
	// Untested: the image has its tag, but has not passed the tests that it has now.
	Untested State = "untested"
	// Failed: the image has no tag, because a job failed.
	Failed State = "failed"
	// Missing: nothing is known of the image; the next pipeline builds it.
	Missing State = "missing"
	// Unknown: the registry gave no answer.
	Unknown State = "unknown"
)

// Image is the status of an image.
type Image struct {
	Name  string `json:"image"`
	State State  `json:"state"`
	// Reference is the image by its tag.
	Reference string `json:"reference"`
	Tag       string `json:"tag"`
	Digest    string `json:"digest,omitempty"`
	// Built is when, and Age how long ago that was, in seconds.
	Built time.Time `json:"built,omitzero"`
	Age   int64     `json:"age,omitempty"`
	// Size is that of the compressed layers in bytes, for several platforms of the first one.
	Size int64 `json:"size,omitempty"`
	// Reason says why it was built last.
	Reason string `json:"reason,omitempty"`
	// Note says why it has its state, or what else there is to know.
	Note string `json:"note,omitempty"`
}

// Report is the status of the chosen images, parents first.
type Report struct {
	Images []Image `json:"images"`
	// NotKnown says what GitLab was not asked, and why; it is empty if nothing is left open.
	NotKnown string `json:"notKnown,omitempty"`

	failure error
}

// lookupsAtOnce limits how many images are looked up at a time.
const lookupsAtOnce = 32

// Ask asks the registry about each image. It asks GitLab about jobs that failed only if an image is missing.
func Ask(ctx context.Context, p *project.Project, q Question) (Report, error) {
	chosen, err := p.Choose(q.Images)
	if err != nil {
		return Report{}, err
	}
	to, err := target.FindRegistry(p, q.Registry)
	if err != nil {
		return Report{}, err
	}
	images, err := to.Images(p)
	if err != nil {
		return Report{}, err
	}
	registry, err := registries.LoggedIn(p.Getenv)
	if err != nil {
		return Report{}, err
	}
	a := &asker{registry: registry, prefix: to.Prefix, now: p.Now()}
	report := Report{Images: make([]Image, len(chosen))}
	bar := terminal.NewBar(q.Progress, len(chosen), "images")
	parallel.Each(len(chosen), lookupsAtOnce, func(i int) {
		report.Images[i] = a.ask(ctx, images[chosen[i]])
		bar.Step()
	})
	bar.Clear()
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	report.failure = a.failure
	report.addJobs(ctx, p, to)
	return report, ctx.Err()
}

// asker asks about the images of one project.
type asker struct {
	registry *oci.Client
	prefix   string
	now      time.Time

	mu sync.Mutex
	// failure is the first error. If the registry itself failed, no other image is asked about: each could take minutes.
	failure error
}

var errNotAsked = errors.New("not asked, since the registry failed before")

// ask returns the status of an image, by what the registry says.
func (a *asker) ask(ctx context.Context, image local.Image) Image {
	status := Image{Name: image.Name, Reference: image.Reference.String(), Tag: image.Reference.Tag().String()}
	err := errNotAsked
	if !a.isDown() {
		err = a.look(ctx, image, &status)
	}
	if err != nil {
		a.fail(err)
		status.State, status.Note = Unknown, brief(err.Error())
	}
	return status
}

func (a *asker) isDown() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return outside.Is(a.failure)
}

func (a *asker) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure == nil || outside.Is(err) && !outside.Is(a.failure) {
		a.failure = err
	}
}

// Failure returns an error if the registry did not answer about an image, so that the report is incomplete.
func (r Report) Failure() error {
	if r.failure == nil {
		return nil
	}
	return fmt.Errorf("the state of %d of %d images is not known: %w", r.count(Unknown), len(r.Images), r.failure)
}

// maxText is how much of a label or message is shown, in characters.
const maxText = 300

// brief is the beginning of a text from outside, on one line.
func brief(text string) string {
	shown := []rune(terminal.Line(strings.TrimSpace(text[:min(len(text), 8*maxText)])))
	if len(shown) > maxText {
		return string(shown[:maxText]) + "…"
	}
	return string(shown)
}
