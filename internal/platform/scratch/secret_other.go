//go:build !linux

package scratch

import "errors"

func inMemory(string, []byte) (string, func(), error) { return "", nil, errors.ErrUnsupported }

func canShare() bool { return false }
