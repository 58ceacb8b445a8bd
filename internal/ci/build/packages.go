package build

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/packages"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// listingLimit is how long the job may list the packages of a new image: the list informs people, and no build fails without it.
const listingLimit = 10 * time.Second

// withPackages lists the packages of a new image, and records them with the image. The job that replaces the image reads the record, and
// says what changed without reading layers.
func (b *builder) withPackages(ctx context.Context, image oci.Image) oci.Image {
	limited, stop := context.WithTimeoutCause(ctx, listingLimit, fmt.Errorf("listing them takes longer than %s", listingLimit))
	defer stop()
	var record string
	b.work.packages, b.work.unlisted = packages.ListBuilt(limited, image)
	if b.work.unlisted == nil {
		record, b.work.unlisted = b.work.packages.Record()
	}
	if b.work.unlisted != nil {
		return image
	}
	return image.WithAnnotation(schema.AnnotationPackages, record)
}

// shownChanges is how many changed packages the summary names.
const shownChanges = 10

// summarizePackages says which packages of a new image are others than in the image before.
func (b *builder) summarizePackages(line func(name, format string, args ...any), before earlier, pinned oci.Reference) {
	if b.work.unlisted != nil {
		line("packages", "not listed: %s", terminal.Line(b.work.unlisted.Error()))
	}
	if before.size == 0 {
		return
	}
	listed, err := packages.ParseRecord(before.packages)
	var changes []packages.Change
	if err = cmp.Or(b.work.unlisted, err); err == nil {
		changes, err = packages.Compare(listed, b.work.packages)
	}
	if err == nil && len(changes) == 0 {
		line("packages", "as in the image before")
		return
	}
	if err == nil {
		line("packages", "%s", packages.Count(changes))
	}
	for i, text := range packages.Lines(changes) {
		if i == shownChanges {
			line("", "and %d more", len(changes)-i)
			break
		}
		line("", "%s", text)
	}
	line("changes", "stemma packages %s %s", before.at, pinned)
}
