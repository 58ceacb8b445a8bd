package buildah

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A test of an image that a folder holds reaches no registry, and leaves neither its container nor its image behind.
func TestTryOfALoadedImage(t *testing.T) {
	f := newFakeBuildah(t)
	image, remove, err := f.Load(t.Context(), "/build/tested")
	if err != nil {
		t.Fatal(err)
	}
	status, _, err := f.Try(t.Context(), image, Trial{Script: "--version", Folder: "/builds/a", Limit: time.Minute})
	if status != 0 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
	remove()
	const want = "pull --quiet dir:/build/tested from --quiet --pull-never made " +
		"run --volume /builds/a:/builds/a --workingdir /builds/a made -- /bin/sh -e -c --version /bin/sh rm made rmi made"
	// The number in the container's name depends on the tests before. TestAllOutputArrives tests the script around the snippet.
	if got := regexp.MustCompile(`--name \S+ |/bin/sh -c eval .*? stemma-end-\S+ `).ReplaceAllString(strings.Join(f.arguments(), " "), ""); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A test that takes too long is ended, and its container is removed.
func TestTryHasALimit(t *testing.T) {
	f := newFakeBuildah(t)
	f.write("buildah", "#!/bin/sh\nprintf '%s\\n' \"$1\" >>\"$FAKE/arguments\"\ncase $1 in run) echo begun; sleep 60;; esac\n")
	begun := time.Now()
	_, output, err := f.Try(t.Context(), Subject{ID: "made"}, Trial{Script: "true", Limit: 300 * time.Millisecond})
	if !errors.Is(err, ErrTooLong) || output != "begun\n" || time.Since(begun) > 20*time.Second {
		t.Errorf("%v after %s, printed %q", err, time.Since(begun), output)
	}
	if got := strings.Join(f.arguments(), " "); got != "from run rm" {
		t.Errorf("buildah %s", got)
	}
}
