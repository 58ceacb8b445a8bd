package packages

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/companion"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// rpmFolders are where rpm has its database, and rpmFiles its name in each format, https://rpm.org/docs/4.20.x/manual/relocatable.html.
var (
	rpmFolders = []string{"var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"}
	rpmFiles   = []string{"rpmdb.sqlite", "Packages.db", "Packages"}
)

// rpmFormats are the databases of rpm.
func rpmFormats() []format {
	var formats []format
	for _, folder := range rpmFolders {
		for _, file := range rpmFiles {
			formats = append(formats, format{"rpm", path.Join(folder, file), readRPM})
		}
	}
	return formats
}

// journal is what the name of a database in SQLite ends with for the file that has its last changes, https://www.sqlite.org/wal.html.
const journal = "-wal"

// The limits of stemma-rpm: its time, and its output in bytes.
const (
	rpmTime   = time.Minute
	rpmOutput = 64 << 20
)

// readRPM lets the program stemma-rpm read a database. The packages are those of `rpm -qa`.
func readRPM(ctx context.Context, files []rootfs.File) ([]Package, error) {
	program, err := companion.Program("stemma-rpm").Find()
	if err != nil {
		return nil, errors.New(strings.Join(strings.Fields(err.Error()), " "))
	}
	folder, err := scratch.New("rpm")
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(folder.Path, path.Base(file.Path)), file.Content, 0o600); err != nil {
			return nil, err
		}
	}
	return askRPM(ctx, program, filepath.Join(folder.Path, path.Base(files[0].Path)))
}

func askRPM(ctx context.Context, program, file string) ([]Package, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, rpmTime, fmt.Errorf("reading it takes longer than %s", rpmTime))
	defer cancel()
	command := process.Command(ctx, program, file)
	command.Env = []string{} // nothing of ours is its business
	out, problems := limitedBuffer{most: rpmOutput}, limitedBuffer{most: 1 << 10}
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, process.Cause(ctx, err)
		}
		first, _, _ := strings.Cut(problems.String(), "\n")
		return nil, fmt.Errorf("it is damaged or too large, and stemma-rpm stopped: %s", cmp.Or(first, err.Error()))
	}
	var packages []Package
	if err := json.Unmarshal(out.Bytes(), &packages); err != nil {
		return nil, fmt.Errorf("read what stemma-rpm printed: %w", err)
	}
	return packages, nil
}

// limitedBuffer keeps the beginning of an output.
type limitedBuffer struct {
	bytes.Buffer
	most int
}

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), max(0, b.most-b.Len()))])
	return len(p), nil
}
