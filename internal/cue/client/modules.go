package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/schema"
)

// NeededModules returns the CUE modules that the project in dir needs. It fetches those that the project does not have. The error is ErrModuleFile
// if nobody can tell which these are.
func NeededModules(ctx context.Context, dir string, environ []string) ([]Module, error) {
	program, err := Program.Find()
	if err != nil {
		return nil, err
	}
	command := process.Command(ctx, program, schema.Version, Fetch, dir, "")
	command.Env = environ
	var out, log bytes.Buffer
	command.Stdout, command.Stderr = &out, &head{to: &log}
	if err := command.Run(); err != nil {
		first, _, _ := strings.Cut(log.String(), "\n")
		if limit := limitOf(err, log.String()); limit != nil {
			first = limit.Error()
		}
		return nil, fmt.Errorf("fetch the CUE modules: %s stopped: %s", Program, cmp.Or(first, process.Cause(ctx, err).Error()))
	}
	var needed Modules
	if err := gob.NewDecoder(&out).Decode(&needed); err != nil {
		return nil, fmt.Errorf("read what %s printed: %w", Program, err)
	}
	switch {
	case needed.Err == "":
		return needed.Modules, nil
	case needed.IsModuleFile:
		return nil, ErrModuleFile
	case needed.IsOutside:
		return nil, outside.Mark(errors.New(needed.Err))
	default:
		return nil, errors.New(needed.Err)
	}
}
