package release_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// What to check is what was used: the variables of the registry, of a release target, or an entry that is missing.
func TestRefusedCredentialsAreNamed(t *testing.T) {
	t.Parallel()
	refused := ocitest.Fault{Path: "mirror/rust", Status: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {`Basic realm="x"`}}}
	tests := map[string]struct {
		vars map[string]string
		want string
	}{
		"the project's registry": {nil, "check CI_REGISTRY_USER and CI_REGISTRY_PASSWORD"},
		"no credentials":         {map[string]string{"CI_REGISTRY_USER": ""}, "give it an entry in DOCKER_AUTH_CONFIG"},
		"a Docker configuration": {map[string]string{"CI_REGISTRY_USER": "", "DOCKER_AUTH_CONFIG": `{"auths":{"HOST":{"auth":"bWU6czNjcmV0"}}}`}, "check its entry in DOCKER_AUTH_CONFIG"},
		"a release target's own": {map[string]string{"HUB_USER": "me", "HUB_PASSWORD": "s3cret"}, "check HUB_USER and HUB_PASSWORD"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars["STEMMA_DIGEST_RUST"] = s.Push("group/project/rust:"+jobtest.ContentTag, jobtest.Made(""))
			own := ""
			if test.vars["HUB_USER"] != "" {
				own = `,"username":"HUB_USER","password":"HUB_PASSWORD"`
			}
			s.Vars[schema.VarRelease] = `[{"repository":"` + s.Registry.Host + `/mirror/rust","tags":["1"]` + own + `}]`
			for variable, value := range test.vars {
				s.Vars[variable] = strings.ReplaceAll(value, "HOST", s.Registry.Host)
			}
			s.Registry.Break(refused)
			err := s.Release()
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// Credentials may be limited to some repositories. The job knows where the project's own one is, and no tag moves.
func TestCredentialsMayBeLimitedToRepositories(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		repository, patterns string
		want                 string
	}{
		"one that matches":         {"HOST/mirror/rust", `["HOST/other/*","HOST/mirror/*"]`, ""},
		"one that does not":        {"HOST/mirror/rust", `["HOST/other/*"]`, "the credentials in HUB_USER and HUB_PASSWORD may not write to HOST/mirror/rust, only to HOST/other/*"},
		"the project's own":        {"", `["HOST/group/project/*"]`, ""},
		"the project's own, wrong": {"", `["HOST/group/other/*"]`, "may not write to HOST/group/project/rust, only to HOST/group/other/*"},
		"no pattern":               {"HOST/mirror/rust", `["*"]`, `"*" is not a pattern of repositories`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			fill := func(text string) string { return strings.ReplaceAll(text, "HOST", s.Registry.Host) }
			s.Vars["STEMMA_DIGEST_RUST"] = s.Push("group/project/rust:"+jobtest.ContentTag, jobtest.Made(""))
			s.Vars["HUB_USER"], s.Vars["HUB_PASSWORD"] = "me", "s3cret"
			s.Vars[schema.VarRelease] = fill(`[{"tags":["first"]},{"repository":"` + test.repository + `","tags":["1"],"username":"HUB_USER","password":"HUB_PASSWORD","repositories":` + test.patterns + `}]`)
			err := s.Release()
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), fill(test.want)) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("got %v, want %s", err, fill(test.want))
			}
			if moved := s.Digest("group/project/rust:first") != ""; moved != (test.want == "") {
				t.Errorf("got moved = %t of the tag in another place", moved)
			}
		})
	}
}

// A registry may refuse to mount, and a target may have layers already.
func TestReleaseMovesOnlyWhatIsMissing(t *testing.T) {
	t.Parallel()
	s, other := jobtest.New(t), ocitest.New(t)
	s.Vars["STEMMA_DIGEST_RUST"] = s.Push("group/project/rust:"+jobtest.ContentTag, jobtest.Made(""))
	s.Vars[schema.VarRelease] = `[{"repository":"` + other.Host + `/mirror/rust","tags":["1"]}]`
	jobtest.Check(t, s.Release())
	if !strings.Contains(s.Log.String(), "2 were streamed") {
		t.Errorf("the log does not say that layers were streamed:\n%s", s.Log.String())
	}
	s.Vars[schema.VarRelease] = `[{"repository":"` + other.Host + `/mirror/rust","tags":["2"]}]`
	other.Requests()
	jobtest.Check(t, s.Release())
	for _, request := range other.Requests() {
		if strings.Contains(request, "/blobs/uploads") {
			t.Errorf("a layer was moved that the target has: %s", request)
		}
	}
	want := []record.Move{{Reference: other.Host + "/mirror/rust:2", After: s.Vars["STEMMA_DIGEST_RUST"]}}
	outcome, err := record.ReadOutcome(s.Dir)
	if err != nil || !slices.Equal(outcome.Moves, want) || outcome.Release == nil || !outcome.Release.IsDone {
		t.Errorf("the job recorded %+v and the error %v, want the moves %+v of a release that is done", outcome, err, want)
	}
	if moved := "/mirror/rust:2: new → " + want[0].After; !strings.Contains(s.Log.String(), moved) {
		t.Errorf("the log does not say %q:\n%s", moved, s.Log.String())
	}
}

// A pipeline for a git tag sets the tags with a version in them, a pipeline for a branch the others, and no tag goes back.
func TestReleaseOfVersions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		gitTag string
		known  []string
		want   string
		log    string
	}{
		"a branch":               {"", nil, "latest", "pipelines for git tags set it"},
		"a version":              {"v1.2.3", nil, "1 1.2 1.2.3 v1.2.3-x", ""},
		"without a v":            {"1.2.3", nil, "1 1.2 1.2.3 v1.2.3-x", "this pipeline is for the git tag 1.2.3"},
		"a pre-release":          {"v1.2.3-rc.1", nil, "1.2.3-rc.1 v1.2.3-rc.1-x", "1.2.3-rc.1 is a pre-release"},
		"with a build":           {"v1.2.3+deb12", nil, "1 1.2 1.2.3_deb12 v1.2.3_deb12-x", ""},
		"no version":             {"nightly", nil, "", "the git tag nightly is no version"},
		"two numbers":            {"v1.2", nil, "", "no version"},
		"leading zeros":          {"v1.02.3", nil, "", "no version"},
		"behind a minor version": {"v1.2.4", []string{"1.3.0", "1.2.3", "0.9.9", "junk"}, "1.2 1.2.4 v1.2.4-x", "/rust:1 stays where it is: 1.3.0 is newer"},
		"behind a patch":         {"v1.2.3", []string{"1.2.4"}, "1.2.3 v1.2.3-x", "/rust:1.2 stays where it is: 1.2.4 is newer"},
		"behind one of a build":  {"v1.2.4", []string{"1.3.0_deb12", "1.2.4_1_2"}, "1.2 1.2.4 v1.2.4-x", "/rust:1 stays where it is: 1.3.0_deb12 is newer"},
		"behind a pre-release":   {"v1.2.3", []string{"1.3.0-rc.1", "2.0.0"}, "1 1.2 1.2.3 v1.2.3-x", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			image := s.Push("group/project/rust:"+jobtest.ContentTag, jobtest.Made(""))
			for _, tag := range test.known {
				s.Push("mirror/rust:"+tag, nil)
			}
			s.Vars["STEMMA_DIGEST_RUST"], s.Vars["CI_COMMIT_TAG"] = image, test.gitTag
			s.Vars[schema.VarRelease] = `[{"repository":"` + s.Registry.Host + `/mirror/rust","tags":["latest","{major}","{major}.{minor}","{version}"]},
				{"repository":"` + s.Registry.Host + `/mirror/rust","tags":["v{version}-x"]}]`
			jobtest.Check(t, s.Release())
			var set []string
			for _, tag := range []string{"latest", "1", "1.2", "1.2.3", "1.2.4", "1.2.3-rc.1", "1.2.3_deb12", "v1.2.3-x", "v1.2.4-x", "v1.2.3-rc.1-x", "v1.2.3_deb12-x"} {
				if s.Digest("mirror/rust:"+tag) == image {
					set = append(set, tag)
				}
			}
			if got := strings.Join(set, " "); got != test.want || !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("set %s, want %s; the log is\n%s", got, test.want, s.Log.String())
			}
			if got := released(s, image); got != test.want {
				t.Errorf("the log ends with the tags %q, want %q:\n%s", got, test.want, s.Log.String())
			}
		})
	}
}

// The tag with the whole version shows other pipelines that their version is older, so it moves before the others.
func TestTheWholeVersionIsReleasedFirst(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars["STEMMA_DIGEST_RUST"], s.Vars["CI_COMMIT_TAG"] = s.Push("group/project/rust:"+jobtest.ContentTag, jobtest.Made("")), "v1.2.3"
	s.Vars[schema.VarRelease] = `[{"repository":"` + s.Registry.Host + `/mirror/rust","tags":["{major}","{major}.{minor}","{version}"]}]`
	jobtest.Check(t, s.Release())
	var moved []string
	for _, request := range s.Registry.Requests() {
		if tag, ok := strings.CutPrefix(request, "PUT /v2/mirror/rust/manifests/"); ok && !strings.HasPrefix(tag, "sha256:") && !strings.HasPrefix(tag, "stemma") {
			moved = append(moved, tag)
		}
	}
	if want := []string{"1.2.3", "1", "1.2"}; !slices.Equal(moved, want) {
		t.Errorf("got the tags in the order %v, want %v", moved, want)
	}
}

// Only a target that has tags with the whole version can tell that a version is older. The others need no list of tags.
func TestTagsAreListedOnlyToCompareVersions(t *testing.T) {
	t.Parallel()
	for tags, want := range map[string]bool{`"{major}"`: false, `"{version}"`: false, `"{major}","{version}"`: true} {
		s := jobtest.New(t)
		s.Vars["STEMMA_DIGEST_RUST"], s.Vars["CI_COMMIT_TAG"] = s.Push("group/project/rust:"+jobtest.ContentTag, jobtest.Made("")), "v1.2.3"
		s.Vars[schema.VarRelease] = `[{"repository":"` + s.Registry.Host + `/mirror/rust","tags":[` + tags + `]}]`
		jobtest.Check(t, s.Release())
		isList := func(request string) bool { return strings.Contains(request, "/mirror/rust/tags/list") }
		if got := slices.ContainsFunc(s.Registry.Requests(), isList); got != want {
			t.Errorf("for the tags %s: got listed = %t, want %t", tags, got, want)
		}
	}
}

// A job that releases nothing leaves an outcome with an empty list of tags.
func TestATrialLeavesAnEmptyOutcome(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTrialRebuild] = "true"
	jobtest.Check(t, s.Release())
	content, err := os.ReadFile(filepath.Join(s.Dir, schema.ReleaseFile))
	if want := `"tags":[]`; err != nil || !strings.Contains(strings.ReplaceAll(string(content), " ", ""), want) {
		t.Errorf("got the outcome %s and the error %v, want it with %s", content, err, want)
	}
}

// A tag is checked in every pipeline, also in those that do not set it.
func TestWrongTagsAreReportedByEachPipeline(t *testing.T) {
	t.Parallel()
	for _, gitTag := range []string{"", "v1.2.3"} {
		s := jobtest.New(t)
		s.Vars["STEMMA_DIGEST_RUST"], s.Vars["CI_COMMIT_TAG"] = s.Push("group/project/rust:"+jobtest.ContentTag, jobtest.Made("")), gitTag
		s.Vars[schema.VarRelease] = `[{"tags":["latest","a b","a b {version}"]}]`
		if err := s.Release(); err == nil || !strings.Contains(err.Error(), `"a b"`) || !strings.Contains(err.Error(), "a b ") {
			t.Errorf("for the git tag %q: got %v, want an error about both tags", gitTag, err)
		}
	}
}

// released are the tags in the last line of the log, sorted; empty if that line does not say that an image was released.
func released(s *jobtest.Scene, image string) string {
	log := strings.TrimSuffix(s.Log.String(), ".\n")
	last := log[strings.LastIndex(log, "\n")+1:]
	list, isReleased := strings.CutPrefix(last, "Released "+s.Registry.Host+"/group/project/rust@"+image+" as ")
	if !isReleased {
		return ""
	}
	var tags []string
	for reference := range strings.SplitSeq(list, ", ") {
		tags = append(tags, strings.TrimPrefix(reference, s.Registry.Host+"/mirror/rust:"))
	}
	slices.Sort(tags)
	return strings.Join(tags, " ")
}

// The log shows what others wrote, such as the name of a git tag.
func TestTheLogControlsNoTerminal(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars["STEMMA_DIGEST_RUST"] = s.Push("group/project/rust:"+jobtest.ContentTag, jobtest.Made(""))
	s.Vars[schema.VarRelease], s.Vars["CI_COMMIT_TAG"] = `[{"tags":["latest"]}]`, "v1\x1b[0Ksection_start:1:a\r"
	jobtest.Check(t, s.Release())
	if want := "for the git tag v1·[0Ksection_start:1:a·"; !strings.Contains(s.Log.String(), want) {
		t.Errorf("got %q, want %q", s.Log.String(), want)
	}
}
