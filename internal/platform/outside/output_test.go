package outside_test

import (
	"errors"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
)

// The texts are what the programs print.
func TestMarkOutput(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		output string
		want   bool
	}{
		"apt without names":    {"E: Failed to fetch http://deb.debian.org/debian/dists/trixie/InRelease  Temporary failure resolving 'deb.debian.org'", true},
		"apt without a mirror": {"E: Failed to fetch http://127.0.0.1:1/debian/dists/trixie/InRelease  Could not connect to 127.0.0.1:1 (127.0.0.1). - connect (111: Connection refused)", true},
		"apt and a bad mirror": {"E: Failed to fetch http://deb.debian.org/debian/pool/main/c/curl.deb  503  Service Unavailable [IP: 151.101.2.132 80]", true},
		"apt in a sync":        {"E: Failed to fetch http://deb.debian.org/debian/dists/sid/main/Packages.xz  File has unexpected size (1 != 2). Mirror sync in progress? [IP: ::1 80]", true},
		"apt and a lost file":  {"E: Failed to fetch http://deb.debian.org/debian/dists/wheezy/Release  404  Not Found [IP: 151.101.2.132 80]", false},
		"apt and no package":   {"E: Unable to locate package culr", false},
		"apt and a conflict":   {"E: Unable to correct problems, you have held broken packages.", false},
		"dnf 4 without names":  {"Curl error (6): Couldn't resolve host name for https://mirrors.fedoraproject.org/metalink?repo=fedora-43 [Could not resolve host: mirrors.fedoraproject.org]", true},
		"dnf 5 without names":  {">>> Curl error (6): Could not resolve hostname for https://mirrors.fedoraproject.org/metalink [Could not resolve host: mirrors.fedoraproject.org]", true},
		"dnf and a bad mirror": {"Status code: 503 for https://mirror.example.org/fedora/repomd.xml (IP: 192.0.2.1)", true},
		"dnf and all mirrors":  {"Error downloading packages:\n  Cannot download Packages/c/curl.rpm: All mirrors were tried", true},
		"dnf and a lost file":  {"Status code: 404 for https://mirror.example.org/fedora/repomd.xml (IP: 192.0.2.1)", false},
		"dnf and no package":   {"No match for argument: culr\nError: Unable to find a match: culr", false},
		"dnf and no trust":     {"Curl error (60): SSL peer certificate or SSH remote key was not OK", false},
		"apk 2 without names":  {"WARNING: Ignoring https://dl-cdn.alpinelinux.org/alpine/v3.22/main: temporary error (try again later)", true},
		"apk 2 refused":        {"WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.22/main: network error (check Internet connection and firewall)", true},
		"apk 3 without names":  {"WARNING: opening from cache https://dl-cdn.alpinelinux.org/alpine/v3.23/main: DNS: transient error (try again later)", true},
		"apk and no package":   {"ERROR: unable to select packages:\n  culr (no such package):\n    required by: world[culr]", false},
		"pacman":               {"error: failed retrieving file 'core.db' from geo.mirror.pkgbuild.com : Could not resolve host: geo.mirror.pkgbuild.com", true},
		"pacman, no package":   {"error: target not found: culr", false},
		"zypper":               {"Download (curl) error for 'http://download.opensuse.org/repodata/repomd.xml':\nError code: Connection failed", true},
		"zypper, no package":   {"No provider of 'culr' found.", false},
		"git without names":    {"fatal: unable to access 'https://gitlab.invalid/a/b.git/': Could not resolve host: gitlab.invalid", true},
		"git refused":          {"fatal: unable to access 'http://127.0.0.1:1/a/b.git/': Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server", true},
		"git and GitLab ill":   {"fatal: unable to access 'https://gitlab.example.org/a/b.git/': The requested URL returned error: 502", true},
		"git cut off":          {"error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfatal: early EOF", true},
		"git too slow":         {"fatal: unable to access 'https://gitlab.example.org/a/b.git/': Operation too slow. Less than 1000 bytes/sec transferred the last 10 seconds", true},
		"git and no project":   {"remote: The project you were looking for could not be found or you don't have permission to view it.\nfatal: repository 'https://gitlab.example.org/a/b.git/' not found", false},
		"git refused entry":    {"fatal: unable to access 'https://gitlab.example.org/a/b.git/': The requested URL returned error: 403", false},
		"git and no branch":    {"fatal: couldn't find remote ref gone", false},
		"buildah refused":      {`Error: initializing source docker://127.0.0.1:1/x/y:1: pinging container registry 127.0.0.1:1: Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused`, true},
		"buildah, no names":    {`Error: initializing source docker://registry.invalid/x/y:1: pinging container registry registry.invalid: Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 192.0.2.53:53: no such host`, true},
		"buildah and 5xx":      {"Error: initializing source docker://r/x/y:1: reading manifest 1 in r/x/y: received unexpected HTTP status: 503 Service Unavailable", true},
		"buildah, a limit":     {"Error: initializing source docker://docker.io/x/y:1: reading manifest 1 in docker.io/x/y: toomanyrequests: You have reached your pull rate limit.", true},
		"buildah, no image":    {"Error: initializing source docker://r/x/y:1: reading manifest 1 in r/x/y: manifest unknown: manifest unknown", false},
		"buildah, no entry":    {"Error: initializing source docker://r/x/y:1: reading manifest 1 in r/x/y: unauthorized: authentication required", false},
		"buildah, a bad file":  {`Error: building at STEP "COPY gone /x": checking on sources under "/builds/a/b": copier: stat: "/gone": no such file or directory`, false},
		"no bus":               {"Failed to connect to bus: No such file or directory", false},
		"nothing":              {"", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := outside.Is(outside.MarkOutput(errors.New("exit status 1"), test.output)); got != test.want {
				t.Errorf("%q is outside: %t", test.output, got)
			}
		})
	}
	if outside.MarkOutput(nil, "connection refused") != nil {
		t.Error("no failure became one")
	}
}
