package build

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/packages"
	"gitlab.com/stemma-ci/stemma/schema"
)

// work is what a build job did, for the summary at the end of its log.
type work struct {
	// size is that of the image's compressed layers in bytes; zero if it is not known.
	size int64
	// tests is how many tests and checks have run.
	tests int
	// packages are those of a new image. unlisted says why they are unknown; nil if they are known.
	packages packages.Listing
	unlisted error
}

// summaryLimit is how long the summary may take: it only reads, and the image is published.
const summaryLimit = 5 * time.Second

// summarize ends the log with the result of the job and its reason.
func (b *builder) summarize(ctx context.Context, found facts, decision decision, result made) {
	if !b.Summary {
		return
	}
	b.Log.Printf("%s %s.", verbs[decision.Action].done, result.at)
	line := func(name, format string, args ...any) { b.Log.Printf("  %-8s %s", name, fmt.Sprintf(format, args...)) }
	line("why", "%s", decision.Reason)
	line("digest", "%s", result.digest)
	if decision.Action == skipImage {
		b.work.size = found.Size
	}
	before := b.before(ctx, found, decision)
	if b.work.size > 0 {
		line("size", "%s%s", inUnits(b.work.size), growth(b.work.size, before.size))
	}
	if b.work.tests > 0 {
		line("tests", "%d passed", b.work.tests)
	}
	pinned := result.at.Repository().At(result.digest)
	b.summarizePackages(line, before, pinned)
	line("try it", "podman run --rm -it %s", pinned)
}

// earlier is the image that a new image replaces. It is zero if there is none, or if it cannot be read.
type earlier struct {
	at oci.Reference
	// size is that of its compressed layers in bytes, and packages the record of its packages; it may be empty.
	size     int64
	packages string
}

// before returns the image that a new image replaces: the one under the tag, or else the released one.
func (b *builder) before(ctx context.Context, found facts, decision decision) earlier {
	switch {
	case decision.Action != buildImage || b.job.isIndex():
		return earlier{}
	case found.Exists:
		return earlier{b.job.Repository.At(found.Digest), found.Size, found.Packages}
	}
	limited, stop := context.WithTimeout(ctx, summaryLimit)
	defer stop()
	line, _ := record.Here(b.Getenv)
	released, err := record.Read(limited, b.Registry, b.job.Repository, line)
	if err != nil || released.IsZero() {
		return earlier{}
	}
	image, err := b.Registry.Look(limited, b.job.Repository.At(released.Digest), b.job.Platform)
	if err != nil {
		return earlier{}
	}
	if image.Platforms != nil {
		part, ok := image.Platforms[b.job.Platform]
		if !ok { // the image that was looked at is for another platform
			return earlier{}
		}
		image.Reference = b.job.Repository.At(part)
	}
	return earlier{image.Reference, image.Size, image.Annotations[schema.AnnotationPackages]}
}

// growth compares the size of a new image with that of the image before; empty if there is none.
func growth(size, before int64) string {
	switch change := size - before; {
	case before == 0:
		return ""
	case change > 0:
		return fmt.Sprintf(", %s more than the image before", inUnits(change))
	case change < 0:
		return fmt.Sprintf(", %s less than the image before", inUnits(-change))
	default:
		return ", as the image before"
	}
}

// inUnits is a size with the unit that suits it.
func inUnits(size int64) string {
	unit, value := "B", float64(size)
	for _, next := range []string{"kB", "MB", "GB"} {
		if value < 1000 {
			break
		}
		unit, value = next, value/1000
	}
	return strconv.FormatFloat(math.Round(10*value)/10, 'f', -1, 64) + " " + unit
}
