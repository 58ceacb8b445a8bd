// Package rootfs finds files in the root file system of an image. It reads the layers as streams and keeps only the wanted files, so that
// nothing is unpacked.
package rootfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// File is a file, or a folder, of an image.
type File struct {
	// Path is how it was wanted, and Real its path without symbolic links; neither begins with a slash.
	Path, Real string
	IsFolder   bool
	Content    []byte
}

// Image is an image in a registry or in a folder; *oci.Contents and oci.Image are images.
type Image interface {
	// Layer calls a function with the content of a layer, by its index in order, the lowest first. The content may be compressed. If it is an
	// io.ReadSeeker and not compressed, the parts that are not wanted are not read.
	Layer(ctx context.Context, i int, read func(io.Reader) error) error
}

// maxPasses is how often the layers of an image are read at most: again if a symbolic or hard link leads to a file that was not kept.
const maxPasses = 4

// Reader reads images. It keeps what it found in the layers, so that one that several images share is read once.
type Reader struct {
	limits limits
	// mu guards known and kept, the number of bytes in known.
	mu    sync.Mutex
	known map[key]*layer
	kept  int64
}

// key names what was found in a layer by the digest of the layer and the patterns.
type key struct{ digest, patterns string }

// NewReader returns a reader.
func NewReader() *Reader { return &Reader{limits: defaults, known: map[key]*layer{}} }

// NewSmallReader returns a reader that keeps nothing, and fails if the wanted files of an image have more bytes.
func NewSmallReader(memory int64) *Reader {
	r := NewReader()
	r.limits.file, r.limits.image, r.limits.kept = memory, memory, 0
	return r
}

// layersAtOnce limits how many layers of an image are read at a time. One that waits for the network leaves the processor to another.
const layersAtOnce = 6

// Find returns the files of an image that match patterns, sorted by path. A pattern is a path whose segments may be "*". An existing folder
// matches only a pattern that ends with a slash. A file with several paths is returned once, by the first pattern. The error names the layer
// that cannot be read.
func (r *Reader) Find(ctx context.Context, image Image, layers []oci.Layer, patterns []string) ([]File, error) {
	wanted := slices.Clone(patterns)
	for range maxPasses {
		found, err := r.scan(ctx, image, layers, newPatterns(wanted))
		if err != nil {
			return nil, err
		}
		files, missing, err := merge(found).match(patterns, wanted)
		if err != nil || len(missing) == 0 {
			return files, err
		}
		wanted = append(wanted, missing...)
	}
	return nil, fmt.Errorf("its files are behind more than %d levels of links", maxPasses)
}

// scan reads all layers, the largest first, so that the last one to end is a small one.
func (r *Reader) scan(ctx context.Context, image Image, layers []oci.Layer, wanted patterns) ([]*layer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	order := make([]int, len(layers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(1, max(-1, layers[b].Size-layers[a].Size))) })
	found, errs := make([]*layer, len(layers)), make([]error, len(layers))
	budget := &budget{left: r.limits.image}
	var group sync.WaitGroup
	slots := make(chan struct{}, layersAtOnce)
	for _, i := range order {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if found[i], errs[i] = r.layer(ctx, image, layers, i, wanted, budget); errs[i] != nil {
				cancel()
			}
		})
	}
	group.Wait()
	return found, first(errs)
}

// first returns the cause of a failure: the first error that is not the end of the others.
func first(errs []error) error {
	var failed error
	for _, err := range errs {
		if err != nil && (failed == nil || errors.Is(failed, context.Canceled) && !errors.Is(err, context.Canceled)) {
			failed = err
		}
	}
	return failed
}

// layer returns what is in a layer, and keeps it.
func (r *Reader) layer(ctx context.Context, image Image, layers []oci.Layer, i int, wanted patterns, budget *budget) (*layer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name := key{layers[i].Digest.String(), strings.Join(wanted.list, "\n")}
	r.mu.Lock()
	found := r.known[name]
	r.mu.Unlock()
	if found != nil {
		return found, budget.take(found.size)
	}
	err := image.Layer(ctx, i, func(content io.Reader) (err error) {
		found, err = readLayer(ctx, content, wanted, r.limits, budget)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept+found.size <= r.limits.kept && r.known[name] == nil {
		r.known[name] = found
		r.kept += found.size
	}
	return found, nil
}
