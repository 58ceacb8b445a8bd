package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// TestStatus follows images from the definition to a release, and to the change after it.
func TestStatus(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, aTree)
	s.prints(s.stemma(0, "status"), "base    to be built", "4 to be built.", "GITLAB_TOKEN is not set")
	s.git("checkout", "--quiet", "-b", "feature")
	s.stemma(0, "publish", "base")
	digits := s.digest("group/project/base:" + s.tag("base"))[len("sha256:"):]
	s.prints(s.stemma(0, "status"), "base    built and tested  "+s.tag("base")+"  "+digits[:12]+"  0m ", "1 built and tested, 3 to be built.")
	s.git("checkout", "--quiet", "main")
	s.stemma(0, "publish")
	s.prints(s.stemma(0, "status"), "4 released.\n")
	s.prints(s.stemma(0, "status", "-v", "base"), "base: released\n", "  sha256:"+digits+", 0.0 MB\n", "  built 20")
	if out := s.stemma(0, "status", "--quiet"); out != "" {
		t.Errorf("got %q for images of which none failed, want nothing", out)
	}
	var report struct {
		Images []struct{ Image, State, Digest string }
	}
	s.must(json.Unmarshal([]byte(s.stemma(0, "status", "base", "--format", "json")), &report))
	if one := report.Images[0]; len(report.Images) != 1 || one.Image != "base" || one.State != "released" || one.Digest != "sha256:"+digits {
		t.Errorf("got %+v", report)
	}
	s.write("stemma.yaml", strings.Replace(aTree, `"true", tests`, `"echo changed", tests`, 1))
	s.prints(s.stemma(0, "status"), "1 released, 3 to be built.")
}

func TestStatusWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, aTree, "base")
	s.registry.Break(ocitest.Fault{Path: "/group/project/base/", Status: http.StatusForbidden})
	s.prints(s.stemma(1, "status"), "base    unknown", "the state of 1 of 4 images is not known", "(403)")
	s.prints(s.stemma(1, "status", "-q"), "base   unknown")
	s.prints(s.stemma(2, "status", "bas"), `did you mean "base"?`)
	s.prints(s.stemma(2, "status", "-q", "-v"), "--quiet and --verbose exclude each other")
	s.prints(s.stemma(3, "status", "--registry", "127.0.0.1:1/group/project"), "the state of 4 of 4 images is not known")
	s.environ = s.environ[:len(s.environ)-1]
	s.prints(s.stemma(2, "status"), "where are the images? Give --registry")
}
