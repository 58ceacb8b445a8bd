package buildah

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// containers counts the containers of this process, so that each has a name of its own.
var containers atomic.Int64

// id is the name of this run of the command, which is that of its folder.
func (b *Builder) id() string { return filepath.Base(b.config.Scratch) }

// newName is a name for a container of this run.
func (b *Builder) newName() string {
	return b.id() + "-" + strconv.FormatInt(containers.Add(1), 10)
}

// mark is a secret that no step mounts. `buildah build` chooses the names of its containers itself, and keeps the secrets in their
// descriptions: so they can be told apart.
func (b *Builder) mark() string { return "id=" + b.id() + ",src=" + os.DevNull }

// Scratch is the word for the folder of a builder; see scratch.New.
const Scratch = "buildah"

// SweepDead removes what runs that were killed have left: their folders, and the containers of builders. A folder whose containers cannot
// be removed stays, empty, for the next run.
func SweepDead(ctx context.Context, dead []*scratch.Folder, builder func(context.Context) (*Builder, error)) error {
	var runs []string
	for _, folder := range dead {
		if folder.IsFor(Scratch) {
			runs = append(runs, folder.Name())
		}
	}
	var err error
	if len(runs) > 0 {
		var b *Builder
		if b, err = builder(ctx); err == nil {
			err = b.Sweep(ctx, runs)
		}
	}
	swept := err == nil
	for _, folder := range dead {
		remove := folder.Close
		if !swept && folder.IsFor(Scratch) {
			remove = folder.Empty
		}
		err = errors.Join(err, remove())
	}
	return err
}

// Sweep removes the containers, with their mounts, of runs that were killed.
func (b *Builder) Sweep(ctx context.Context, runs []string) error {
	b.sweepProbes(runs)
	left, err := b.left(ctx, runs)
	if err != nil {
		return fmt.Errorf("find what runs that were killed have left: %w", err)
	}
	if len(left) == 0 {
		return nil
	}
	if _, err := b.output(ctx, append([]string{"rm"}, left...)...); err != nil {
		return fmt.Errorf("remove what runs that were killed have left: %w", err)
	}
	fmt.Fprintf(b.config.Log, "Removed %d containers of runs that were killed.\n", len(left))
	return nil
}

// left are the ids of containers of other runs.
func (b *Builder) left(ctx context.Context, runs []string) ([]string, error) {
	out, err := b.output(ctx, "containers", "--json")
	if err != nil {
		return nil, err
	}
	var all []struct {
		ID   string `json:"id"`
		Name string `json:"containername"`
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) == 0 {
		return nil, err
	}
	graph, err := b.output(ctx, "info", "--format", "{{.store.GraphRoot}}")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, container := range all {
		if belongs(container.Name, describe(graph, container.ID), runs) {
			ids = append(ids, container.ID)
		}
	}
	return ids, nil
}

// describe is buildah's own description of a container; empty where there is none.
func describe(graph, id string) []byte {
	files, _ := filepath.Glob(filepath.Join(graph, "*-containers", id, "userdata", "buildah.json")) // an id is no pattern
	if len(files) == 0 {
		return nil
	}
	content, _ := os.ReadFile(files[0]) // one that cannot be read says nothing
	return content
}

func belongs(name string, description []byte, runs []string) bool {
	for _, run := range runs {
		if strings.HasPrefix(name, run+"-") || bytes.Contains(description, []byte(`"id=`+run+`,`)) {
			return true
		}
	}
	return false
}

// sweepProbes removes the storage that runs tried drivers in.
func (b *Builder) sweepProbes(runs []string) {
	for _, run := range runs {
		place := b.probePlace(run)
		unmount(filepath.Join(place, "graph", "overlay"))
		_ = os.RemoveAll(place) // what stays does no harm
	}
}

// probePlace is beside the real store, so that it is on the same file system.
func (b *Builder) probePlace(run string) string {
	return filepath.Join(filepath.Dir(b.folders().graph), "probe-"+run)
}
