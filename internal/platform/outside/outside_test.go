package outside_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
)

func TestIs(t *testing.T) {
	t.Parallel()
	own := errors.New("the exec snippet failed")
	tests := map[string]struct {
		err  error
		want bool
	}{
		"nothing":               {nil, false},
		"an error of one's own": {own, false},
		"a failure outside":     {outside.Mark(own), true},
		"no failure":            {outside.Mark(nil), false},
		"wrapped":               {fmt.Errorf("build rust: %w", outside.Mark(own)), true},
		"one of several":        {errors.Join(own, fmt.Errorf("copy: %w", outside.Mark(own))), true},
		"a time that is over":   {fmt.Errorf("wait: %w", context.DeadlineExceeded), true},
		"cancelled":             {fmt.Errorf("wait: %w", context.Canceled), false},
		"only its words":        {errors.New(outside.Mark(own).Error()), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := outside.Is(test.err); got != test.want {
				t.Errorf("Is(%v) is %t", test.err, got)
			}
		})
	}
}

func TestMarkKeepsTheError(t *testing.T) {
	t.Parallel()
	err := outside.Mark(fmt.Errorf("read: %w", fs.ErrNotExist))
	if err.Error() != "read: file does not exist" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
}

func TestIsTemporary(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: false, 301: false, 400: false, 401: false, 403: false, 404: false, 408: true, 422: false, 429: true, 500: true, 502: true, 503: true, 504: true} {
		if got := outside.IsTemporary(status); got != want {
			t.Errorf("IsTemporary(%d) is %t", status, got)
		}
	}
}
