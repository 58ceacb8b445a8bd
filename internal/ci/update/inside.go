package update

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
	"gitlab.com/stemma-ci/stemma/schema"
)

// inside looks for newer packages in the images whose definition asks for it, one after the other. It does not pull stale images.
func (u *updates) inside(ctx context.Context, targets []target, images []Image) error {
	var tasks TaskRunner
	for i, t := range targets {
		image := &images[i]
		if t.recipe == nil && t.Command == "" || image.Verdict != Current {
			continue
		}
		if tasks == nil {
			var err error
			if tasks, err = u.Tasks(ctx); err != nil {
				return err
			}
		}
		for _, manifest := range image.seen {
			pinned := manifest.Reference.Repository().At(manifest.Digest).String()
			found, err := lookInto(ctx, tasks, t, pinned)
			if err != nil {
				image.fail(fmt.Errorf("look for newer packages in %s: %w", pinned, err))
			}
			for _, update := range found {
				update.Place = manifest.Reference.String()
				image.add(update)
			}
		}
	}
	return nil
}

// lookInto looks for updates in one image, with the image's command or else the distribution's.
func lookInto(ctx context.Context, tasks TaskRunner, t target, pinned string) ([]Update, error) {
	if t.Command != "" {
		return askCommand(ctx, tasks, t, pinned)
	}
	var stderr bytes.Buffer
	status, output, err := tasks.RunTask(ctx, pinned, t.Platform, buildah.Task{Script: t.recipe.Updates, Env: t.recipe.Env, Errors: &stderr})
	switch {
	case err != nil:
		return nil, err
	case status != 0:
		failure := fmt.Errorf("the package manager of %s ended with status %d", t.recipe.Name, status)
		return nil, outside.MarkOutput(failure, stderr.String())
	}
	return readPackages(checkPackages, output), nil
}

// readPackages reads lines with a package's name, old and new version.
func readPackages(check, output string) []Update {
	var found []Update
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		fields = append(fields, "", "")
		found = append(found, Update{Check: check, Name: fields[0], Old: fields[1], New: fields[2]})
	}
	return found
}

// Where the folder with a command's verdict appears, and the file's name in it.
const (
	verdictFolder = "/tmp/stemma-update"
	verdictFile   = "result"
)

// askCommand runs the command of the definition.
func askCommand(ctx context.Context, tasks TaskRunner, t target, pinned string) ([]Update, error) {
	verdict, err := scratch.New("verdict")
	if err != nil {
		return nil, err
	}
	defer verdict.Close()
	folder := verdict.Path
	task := buildah.Task{Script: t.Command, Env: map[string]string{schema.VarUpdateResult: verdictFolder + "/" + verdictFile}, Folder: folder, Inside: verdictFolder}
	status, _, err := tasks.RunTask(ctx, pinned, t.Platform, task)
	switch {
	case err != nil:
		return nil, err
	case status != 0:
		return nil, fmt.Errorf("its command ended with status %d", status)
	}
	content, err := os.ReadFile(filepath.Join(folder, verdictFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read its command's verdict: %w", err)
	}
	return readVerdict(string(content))
}

// readVerdict reads what a command wrote.
func readVerdict(content string) ([]Update, error) {
	verdict, rest, _ := strings.Cut(strings.TrimSpace(content), "\n")
	switch strings.TrimSpace(verdict) {
	case "NO_UPGRADE_NEEDED":
		return nil, nil
	case "UPGRADE_NEEDED":
		found := readPackages(checkCommand, rest)
		if len(found) == 0 {
			found = []Update{{Check: checkCommand}}
		}
		return found, nil
	default:
		return nil, fmt.Errorf("its command did not write UPGRADE_NEEDED or NO_UPGRADE_NEEDED to the file that %s names", schema.VarUpdateResult)
	}
}
