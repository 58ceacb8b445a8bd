package buildah

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestForwardedLeavesOutTheMachine(t *testing.T) {
	t.Parallel()
	got := Forwarded([]string{
		"PATH=/bin", "HOME=/root", "PWD=/x", "HOSTNAME=h", "LD_PRELOAD=x", "BUILDAH_ISOLATION=chroot", "STORAGE_DRIVER=vfs",
		"GIT_CONFIG_COUNT=1", "CI_COMMIT_SHA=c0ffee", "with-dash=1", "BASH_FUNC_x%%=() { :; }", "MINE=a b",
	})
	if diff := cmp.Diff([]string{"CI_COMMIT_SHA=c0ffee", "MINE=a b", "HOME=/root"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHomeIsTheJobsWhereRootBuilds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		home string
		uid  int
		want string
	}{
		{"/root", 0, "/root"},
		{"/cache/home", 0, "/cache/home"},
		{"", 0, "/root"},
		{"/home/build", 1000, "/root"},
	}
	for _, test := range tests {
		if got := homeFor(test.home, test.uid); got != test.want {
			t.Errorf("HOME=%s of user %d: %s", test.home, test.uid, got)
		}
	}
}

func TestIsRoot(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]bool{"": true, "root": true, "0": true, "0:0": true, "root:wheel": true, "1000": false, "1000:0": false, "builder": false, "rooty": false} {
		if isRoot(user) != want {
			t.Errorf("%q", user)
		}
	}
}

func TestPostExecHasTheImageAndTheBuildersEnvironment(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "print.sh"), []byte("echo \"got $# $1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for snippet, want := range map[string]string{
		"sh print.sh":                      "got 1 r/i:t\n",
		"  sh print.sh --verbose\n":        "got 2 --verbose\n",
		`sh print.sh "$1" twice`:           "got 2 r/i:t\n",
		"true; sh print.sh":                "got 0 \n",
		"set -u\nsh print.sh $STORAGE":     "got 1 vfs\n",
		`echo "$STORAGE" > /dev/null`:      "",
		`image=${1}; sh print.sh "$image"`: "got 1 r/i:t\n",
	} {
		var log strings.Builder
		b := &Builder{config: Config{Log: &log}, environ: []string{"PATH=" + os.Getenv("PATH"), "STORAGE=vfs"}}
		if err := b.PostExec(t.Context(), snippet, "r/i:t", folder); err != nil || log.String() != want {
			t.Errorf("%s: %q, %v", snippet, log.String(), err)
		}
	}
}

// A shell that reads what exports writes has exactly the environment, whatever the values hold.
func TestExportsAreNeverCode(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "environment")
	values := []string{"plain", "it's", `"$(touch x)" $HOME ` + "`id`", "two\nlines\n", `back\slash`, "'; exit 1; '", ""}
	for _, value := range values {
		if err := os.WriteFile(file, exports([]string{"VALUE=" + value}), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-e", "-c", `. "$1"; printf '%s|' "$VALUE"`, "sh", file).Output()
		if err != nil || strings.TrimSuffix(string(out), "|") != value {
			t.Errorf("%q became %q (%v)", value, out, err)
		}
	}
}

func TestCredentialsLeaveTheAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ bare, server, user string }{
		"https://gitlab-ci-token:s3cret@gitlab.example.org:8443/a/b.git": {"https://gitlab.example.org:8443/a/b.git", "https://gitlab.example.org:8443", "gitlab-ci-token:s3cret"},
		"https://gitlab.example.org/a/b.git":                             {"https://gitlab.example.org/a/b.git", "", ""},
		"file:///srv/a":                                                  {"file:///srv/a", "", ""},
		"git@gitlab.example.org:a/b.git":                                 {"git@gitlab.example.org:a/b.git", "", ""},
	}
	for address, want := range tests {
		bare, server, user := withoutCredentials(address)
		if bare != want.bare || server != want.server || user.String() != want.user {
			t.Errorf("%s: got %q, %q, %q, want %+v", address, bare, server, user, want)
		}
	}
}

func TestCloneKeepsTheSettingsInTheEnvironmentOfGit(t *testing.T) {
	t.Parallel()
	headers := make(chan http.Header, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		headers <- request.Header
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	environ := append(os.Environ(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.userAgent", "GIT_CONFIG_VALUE_0=ours")
	address := strings.Replace(server.URL, "http://", "http://user:s3cret@", 1) + "/a.git"
	if err := Clone(t.Context(), environ, io.Discard, address, "c0ffee", filepath.Join(t.TempDir(), "none")); err == nil {
		t.Fatal("the server has no repository")
	}
	if first := <-headers; first.Get("User-Agent") != "ours" || first.Get("Authorization") == "" {
		t.Errorf("git sent %v", first)
	}
}

func TestCloneFetchesOneCommitWithoutCredentials(t *testing.T) {
	t.Parallel()
	origin, clone := t.TempDir(), filepath.Join(t.TempDir(), "clone")
	for _, args := range [][]string{
		{"init", "-q"},
		{"-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "one"},
		{"-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "two"},
	} {
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", origin}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	head, err := exec.CommandContext(t.Context(), "git", "-C", origin, "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if err := Clone(t.Context(), os.Environ(), &log, "file://"+origin, strings.TrimSpace(string(head)), clone); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	count, err := exec.CommandContext(t.Context(), "git", "-C", clone, "rev-list", "--count", "HEAD").Output()
	if err != nil || strings.TrimSpace(string(count)) != "1" {
		t.Errorf("the clone has %s commits (%v)", count, err)
	}
	err = Clone(t.Context(), os.Environ(), &log, "https://user:s3cret@127.0.0.1:1/a.git", "c0ffee", filepath.Join(t.TempDir(), "none"))
	if err == nil || strings.Contains(err.Error()+log.String(), "s3cret") {
		t.Errorf("%v\n%s", err, log.String())
	}
}
