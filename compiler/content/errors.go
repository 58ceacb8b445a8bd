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
