package evaluator

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/schema"
)

// maxStack bounds recursion; Go's own limit is a gigabyte.
const maxStack = 256 << 20

// Serve answers requests about the files of a project on the input, and ends with it. Open opens other folders with policies. Serve limits the
// memory of its process.
func Serve(project fs.FS, open func(dir string) (fs.FS, error), in io.Reader, out io.Writer) error {
	debug.SetMaxStack(maxStack)
	debug.SetMemoryLimit(maxMemory * 3 / 4)
	if err := process.LimitMemory(maxMemory); err != nil {
		return fmt.Errorf("limit the memory: %w", err)
	}
	go watchMemory()
	requests, answers := gob.NewDecoder(in), gob.NewEncoder(out)
	for {
		var asked request
		if err := requests.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		files, err := project, error(nil)
		if asked.Folder != "" {
			files, err = open(asked.Folder)
		}
		if err == nil {
			err = answers.Encode(answer(files, asked))
		}
		if err != nil {
			return err
		}
	}
}

func answer(project fs.FS, asked request) (r result) {
	switch {
	case asked.Policy != "":
		r.Judgement = cuex.Judge(project, schema.FS, asked.Policy, asked.At, asked.Document, &r.Found)
	case asked.HasImages:
		r.HasImages = cuex.HasImages(project, schema.FS, asked.File)
	case asked.Document != nil:
		r.Document, r.Files = cuex.Unify(project, schema.FS, asked.Document, asked.With, &r.Found)
	default:
		r.Document, r.Files = cuex.Evaluate(project, schema.FS, asked.File, &r.Found)
	}
	return r
}

// watchMemory ends the process where it takes too much memory, on systems that do not limit it themselves as well.
func watchMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(10 * time.Millisecond) {
		metrics.Read(sample)
		if sample[0].Value.Uint64()-sample[1].Value.Uint64() > maxMemory {
			os.Exit(exitMemory)
		}
	}
}
