package server

import (
	"encoding/gob"
	"errors"
	"io"
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// serve answers requests about the files of a project on the input, and ends with it.
func serve(project fs.FS, std cli.Streams) error {
	requests, answers := gob.NewDecoder(std.In), gob.NewEncoder(std.Out)
	for {
		var asked client.Request
		if err := requests.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		files, err := project, error(nil)
		if asked.Folder != "" {
			files, err = worktree.Open(asked.Folder, "")
		}
		if err == nil {
			err = answers.Encode(answer(files, asked))
		}
		if err != nil {
			return err
		}
	}
}

func answer(project fs.FS, asked client.Request) (a client.Answer) {
	cue := cuex.InProcess{}
	switch {
	case asked.Policy != "":
		a.Judgement = cue.Judge(project, asked.Policy, asked.At, asked.Document, &a.Found)
	case asked.HasImages:
		a.HasImages = cue.HasImages(project, asked.File)
	case asked.Document != nil:
		a.Document, a.Files = cue.Unify(project, asked.Document, asked.With, &a.Found)
	default:
		a.Document, a.Files = cue.Evaluate(project, asked.File, &a.Found)
	}
	return a
}
