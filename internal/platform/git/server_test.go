package git

import "testing"

func TestServerOfARemote(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"git@gitlab.example.org:group/project.git":            "https://gitlab.example.org",
		"gitlab.example.org:group/project.git":                "https://gitlab.example.org",
		"ssh://git@gitlab.example.org:2222/group/project.git": "https://gitlab.example.org",
		"https://me:secret@gitlab.example.org:8443/group/p":   "https://gitlab.example.org:8443",
		"http://gitlab.example.org/group/project":             "http://gitlab.example.org",
		"file:///srv/git/project":                             "",
		"/srv/git/project:x":                                  "",
		"../project":                                          "",
		"":                                                    "",
	} {
		if got := serverOf(remote); got != want {
			t.Errorf("%q is of %q, want %q", remote, got, want)
		}
	}
}
