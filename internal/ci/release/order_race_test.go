package release_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/schema"
)

// interrupted is a way to registries that does something before one request is sent.
type interrupted struct {
	http.RoundTripper
	at   string
	do   func()
	once sync.Once
}

func (i *interrupted) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method+" "+request.URL.Path == i.at {
		i.once.Do(i.do)
	}
	return i.RoundTripper.RoundTrip(request)
}

// beside is the same image in another job, with variables and a log of its own.
func (s *orderScene) beside() *orderScene {
	scene := &jobtest.Scene{T: s.T, Registry: s.Registry, Builder: s.Builder, Vars: map[string]string{}, Dir: s.TempDir()}
	for name, value := range s.Vars {
		scene.Vars[name] = value
	}
	return &orderScene{PokeScene: &jobtest.PokeScene{Scene: scene, GitLab: s.GitLab}, other: s.other, images: s.images}
}

// before does something before the scene's jobs send a request, "PUT latest" for that of a tag of the image's own repository.
func (s *orderScene) before(request string, do func()) {
	limits, err := network.ParseLimits("")
	jobtest.Check(s.T, err)
	s.Wire = &interrupted{RoundTripper: network.New(limits), at: strings.Replace(request, " ", " /v2/group/project/rust/manifests/", 1), do: do}
}

// Jobs without a resource group may run side by side: the newer release wins.
func TestOfTwoReleasesAtOnceTheNewerOneWins(t *testing.T) {
	t.Parallel()
	tests := map[string]func(older, newer *orderScene){
		"a newer one while an older one moves": func(older, newer *orderScene) {
			older.before("PUT latest", func() { jobtest.Check(newer.T, newer.releaseJob()) })
			jobtest.Check(older.T, older.releaseJob())
		},
		"a newer one while an older one ends": func(older, newer *orderScene) {
			older.before("PUT stable", func() { jobtest.Check(newer.T, newer.releaseJob()) })
			jobtest.Check(older.T, older.releaseJob())
		},
		"an older one while a newer one moves": func(older, newer *orderScene) {
			newer.before("PUT latest", func() { jobtest.Check(older.T, older.releaseJob()) })
			jobtest.Check(newer.T, newer.releaseJob())
		},
		"an older one writes over the record": func(older, newer *orderScene) {
			waits, goes, ended := make(chan bool), make(chan bool), make(chan error)
			older.before("PUT stemma-release", func() { close(waits); <-goes })
			go func() { ended <- older.releaseJob() }()
			<-waits
			newer.before("PUT latest", func() {
				close(goes)
				jobtest.Check(newer.T, <-ended)
			})
			jobtest.Check(newer.T, newer.releaseJob())
		},
	}
	for name, run := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newer := newOrderScene(t)
			newer.releases("6", "old")
			older := newer.beside()
			older.pipeline("7", "new")
			newer.pipeline("8", "newer")
			run(older, newer)
			older.Wire, newer.Wire = nil, nil
			jobtest.Check(t, newer.pokeJob())
			jobtest.Check(t, older.pokeJob())
			newer.releases("9", "newer")
			older.releases("7", "new")
			isOverwritten := strings.Contains(newer.Log.String(), "Another release, of pipeline 7, overwrote the record of this one: set the tags again.")
			if newer.named() != "newer" || newer.waves() != "p6 p8" || isOverwritten != (name == "an older one writes over the record") {
				t.Errorf("the tags name %s, pokes %s\nThe older one:\n%s\nThe newer one:\n%s", newer.named(), newer.waves(), older.Log.String(), newer.Log.String())
			}
		})
	}
}

// A person is not in any resource group.
func TestARollbackWinsOverTheReleaseThatItMeets(t *testing.T) {
	t.Parallel()
	tests := map[string]func(release, person *orderScene){
		"while a release moves": func(release, person *orderScene) {
			release.before("PUT latest", func() { jobtest.Check(person.T, person.rollback("old")) })
			jobtest.Check(release.T, release.releaseJob())
		},
		"a release while it moves": func(release, person *orderScene) {
			person.before("PUT latest", func() { jobtest.Check(release.T, release.releaseJob()) })
			jobtest.Check(person.T, person.rollback("old"))
		},
	}
	for name, run := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			release := newOrderScene(t)
			release.releases("6", "old")
			release.releases("7", "new")
			person := release.beside()
			release.images["rebuilt"] = release.Push("group/project/rust:rebuilt", map[string]string{schema.LabelImage: "rust", schema.LabelInputs: "new"})
			release.pipeline("8", "rebuilt")
			release.Vars[schema.VarInputs] = "new"
			run(release, person)
			release.Wire = nil
			release.pipeline("9", "new")
			jobtest.Check(t, release.releaseJob())
			if release.named() != "old" || !strings.Contains(release.Log.String(), "new ones crash on arm64") {
				t.Errorf("the tags name %s\nThe release:\n%s\nThe rollback:\n%s", release.named(), release.Log.String(), person.Log.String())
			}
		})
	}
}

// What somebody publishes gives way to a pipeline that releases at the same time.
func TestAPersonGivesWayToAPipeline(t *testing.T) {
	t.Parallel()
	person := newOrderScene(t)
	person.releases("6", "old")
	pipeline := person.beside()
	pipeline.pipeline("7", "newer")
	person.pipeline("", "new")
	person.before("PUT latest", func() { jobtest.Check(t, pipeline.releaseJob()) })
	jobtest.Check(t, person.releaseJob())
	if person.named() != "newer" || !strings.Contains(person.Log.String(), "pipeline 7 released") {
		t.Errorf("the tags name %s\n%s", person.named(), person.Log.String())
	}
}

// versions are release targets with versions, in the image's own repository.
const versions = `[{"tags":["{major}","{version}"]}]`

// gitTag lets the jobs be those of a pipeline for a git tag.
func (s *orderScene) gitTag(id, image, tag string) {
	s.pipeline(id, image)
	s.Vars["CI_COMMIT_TAG"], s.Vars[schema.VarRelease] = tag, versions
}

// at is which image a tag of the image's own repository names.
func (s *orderScene) at(tag string) string {
	for name, digest := range s.images {
		if digest == s.Digest("group/project/rust:"+tag) {
			return name
		}
	}
	return ""
}

// Versions are ordered by their numbers, and pipelines of one git tag by their ids.
func TestReleasesOfVersionsStayInOrder(t *testing.T) {
	t.Parallel()
	release := func(s *orderScene, id, image, tag string) {
		s.gitTag(id, image, tag)
		jobtest.Check(s.T, s.releaseJob())
		jobtest.Check(s.T, s.pokeJob())
	}
	tests := map[string]struct {
		run  func(*orderScene)
		want string // the images of 1, 1.2.0 and 1.3.0
	}{
		"one after the other":       {func(s *orderScene) { release(s, "7", "old", "v1.2.0"); release(s, "8", "new", "v1.3.0") }, "new old new"},
		"an older version later":    {func(s *orderScene) { release(s, "7", "new", "v1.3.0"); release(s, "8", "old", "v1.2.0") }, "new old new"},
		"a newer one with a low id": {func(s *orderScene) { release(s, "8", "old", "v1.2.0"); release(s, "7", "new", "v1.3.0") }, "new old new"},
		"a git tag that was pushed again": {func(s *orderScene) {
			release(s, "7", "old", "v1.2.0")
			release(s, "8", "newer", "v1.2.0")
			release(s, "7", "old", "v1.2.0")
			release(s, "9", "new", "v1.3.0")
		}, "new newer new"},
		"a branch between": {func(s *orderScene) {
			release(s, "7", "old", "v1.2.0")
			s.pipeline("12", "newer")
			delete(s.Vars, "CI_COMMIT_TAG")
			s.Vars[schema.VarRelease] = `[{"tags":["latest"]}]`
			jobtest.Check(s.T, s.releaseJob())
			release(s, "9", "new", "v1.3.0")
		}, "new old new"},
		"a newer one while an older one moves": {func(s *orderScene) {
			other := s.beside()
			other.gitTag("8", "new", "v1.3.0")
			s.gitTag("7", "old", "v1.2.0")
			s.before("PUT 1", func() { jobtest.Check(s.T, other.releaseJob()) })
			jobtest.Check(s.T, s.releaseJob())
		}, "new old new"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newOrderScene(t)
			test.run(s)
			if got := s.at("1") + " " + s.at("1.2.0") + " " + s.at("1.3.0"); got != test.want {
				t.Errorf("got %s, want %s\n%s", got, test.want, s.Log.String())
			}
		})
	}
}

// A version and a branch that release one image are poked about separately, each once.
func TestPokesOfVersionsAreTheirOwn(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.releases("7", "new")
	branch := s.Vars[schema.VarRelease]
	for _, id := range []string{"8", "8"} {
		s.gitTag(id, "new", "v1.2.0")
		jobtest.Check(t, s.releaseJob())
		jobtest.Check(t, s.pokeJob())
	}
	delete(s.Vars, "CI_COMMIT_TAG")
	s.Vars[schema.VarRelease] = branch
	s.releases("9", "new")
	if s.waves() != "p7 p8" {
		t.Errorf("got %s\n%s", s.waves(), s.Log.String())
	}
}

// An image that is released nowhere, with a poke job that nothing told of a release.
func TestPokesAboutAnImageThatIsReleasedNowhere(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		run   func(*orderScene)
		waves string
	}{
		"once":                        {func(s *orderScene) { s.built("7"); s.built("7"); s.reused("8", "7") }, "p7"},
		"each build":                  {func(s *orderScene) { s.built("7"); s.built("8") }, "p7 p8"},
		"a poke that never ran":       {func(s *orderScene) { s.built("7"); s.left("8"); s.reused("9", "8"); s.reused("10", "8") }, "p7 p8"},
		"an older pipeline ends last": {func(s *orderScene) { s.built("8"); s.built("7") }, "p8"},
		"a revert builds nothing":     {func(s *orderScene) { s.built("7"); s.built("8"); s.reused("9", "7") }, "p7 p8"},
		"the release had no rule":     {func(s *orderScene) { s.built("7"); s.MoveTo("6", "rust", s.images["7"]); s.built("8") }, "p7 p8"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newOrderScene(t)
			test.run(s)
			if s.waves() != test.waves {
				t.Errorf("the pokes are %q, want %q\n%s", s.waves(), test.waves, s.Log.String())
			}
		})
	}
}

// left lets a pipeline build an image whose poke job does not run.
func (s *orderScene) left(id string) {
	if s.images[id] == "" {
		s.images[id] = s.Push("group/project/rust:"+id, map[string]string{
			schema.LabelImage: "rust", schema.LabelPipelineID: id, schema.LabelProject: "Group/Project", schema.LabelWave: "p" + id,
		})
	}
}

func (s *orderScene) built(id string) { s.left(id); s.reused(id, id) }

// reused is the poke job of a pipeline that found the image of another.
func (s *orderScene) reused(id, image string) {
	s.Helper()
	s.pipeline(id, image)
	jobtest.Check(s.T, s.Poke())
}
