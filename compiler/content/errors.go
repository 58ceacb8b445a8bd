package content

import (
	"errors"
	"io/fs"
)

// IsOutside reports whether a file system refuses a path because it leads out of the project. Such an error has a method IsOutside.
func IsOutside(err error) bool {
	var refusal interface{ IsOutside() bool }
	return errors.As(err, &refusal) && refusal.IsOutside()
}

// Reason returns an error of a file system without the operation and the path.
func Reason(err error) error {
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		return inPath.Err
	}
	return err
}

// missing is an error about a path that does not exist, or not as what it should be.
type missing struct{ reason string }

// Error returns the reason.
func (m *missing) Error() string { return m.reason }

// IsMissing reports whether there is no such file or folder, or there is a folder instead of a file.
func IsMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.As(err, new(*missing))
}
