//go:build !linux

package scratch

import (
	"errors"
	"os"
)

func inMemory(string, []byte) (string, *os.File, error) { return "", nil, errors.ErrUnsupported }

func canShare() bool { return false }
