package wave_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// registry is a fleet written down: by reference the digest, the wave, the dependents, and "reference=digest" for each parent,
// with a '+' in front of a sibling. The project of "team/x/img" is "team/x".
type registry map[string]row

type row struct {
	digest, wave, dependents, parents string
	isUnreadable, isGone              bool
	age                               time.Duration
}

func (r registry) Digest(_ context.Context, reference string) (string, error) {
	found, ok := r[reference]
	if !ok || found.isGone {
		return "", fmt.Errorf("no %s", reference)
	}
	return found.digest, nil
}

func (r registry) Image(_ context.Context, reference string) (wave.Image, error) {
	found, ok := r[reference]
	if !ok || found.isUnreadable || found.isGone {
		return wave.Image{}, errors.New("unreadable")
	}
	image := wave.Image{Digest: found.digest, Created: now.Add(-found.age), Dependents: strings.Fields(found.dependents)}
	var err error
	if image.Wave, err = wave.ParseID(found.wave); err != nil {
		return wave.Image{}, err
	}
	if strings.HasPrefix(reference, "team/") {
		image.Project = reference[:strings.LastIndex(reference, "/")]
		image.Name, err = wave.ParseName(reference)
	}
	for _, field := range strings.Fields(found.parents) {
		edge, isSibling := strings.CutPrefix(field, "+")
		reference, digest, _ := strings.Cut(edge, "=")
		image.Parents = append(image.Parents, wave.Parent{Reference: reference, Digest: digest, Sibling: isSibling})
	}
	return image, err
}

func TestPokedBuilds(t *testing.T) {
	t.Parallel()
	// A diamond: base → left, right → bottom. base was rebuilt in wave w: base2.
	diamond := func(change func(registry)) registry {
		r := registry{
			"debian":           {digest: "debian1"},
			"team/base/img":    {digest: "base2", wave: "w", dependents: "team/left team/right", parents: "debian=debian1"},
			"team/left/img":    {digest: "left2", wave: "w", dependents: "team/bottom", parents: "team/base/img=base2"},
			"team/right/img":   {digest: "right1", dependents: "team/bottom", parents: "team/base/img=base1"},
			"team/bottom/img":  {digest: "bottom1", parents: "team/left/img=left1 team/right/img=right1", dependents: "team/under"},
			"team/outside/img": {digest: "outside1"},
		}
		if change != nil {
			change(r)
		}
		return r
	}
	tests := []struct {
		what   string
		change func(registry)
		self   string
		path   string
		want   wave.Action
		reason string
	}{
		{"the first arm of a diamond is built", nil, "team/right/img", "team/base/img", wave.Build, "parent team/base/img moved from base1 to base2 in wave w, poked by team/base/img"},
		{"the second delivery of a poke does nothing", nil, "team/left/img", "team/base/img", wave.Keep, "nothing that it is built on moved"},
		{"the bottom waits for the other arm", nil, "team/bottom/img", "team/base/img,team/left/img", wave.Leave, "team/right/img"},
		{"the bottom is built when the other arm was rebuilt", func(r registry) {
			r["team/right/img"] = row{digest: "right2", wave: "w", dependents: "team/bottom", parents: "team/base/img=base2"}
		}, "team/bottom/img", "team/base/img,team/right/img", wave.Build, "parent team/left/img moved from left1 to left2, parent team/right/img moved from right1 to right2 in wave w"},
		{"an arm that does not poke is not waited for", func(r registry) {
			r["team/right/img"] = row{digest: "right1", parents: "team/base/img=base1"}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Build, "team/left/img"},
		{"an arm that cannot be read is not waited for", func(r registry) {
			r["team/right/img"] = row{digest: "right1", isUnreadable: true}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Build, "team/left/img"},
		{"an arm that is stale for a reason outside of the wave is not waited for", func(r registry) {
			r["team/right/img"] = row{digest: "right1", dependents: "team/bottom", parents: "debian=debian0"}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Build, "team/left/img"},
		{"an arm that the wave does not reach, as nobody pokes it, is not waited for", func(r registry) {
			r["team/base/img"] = row{digest: "base2", wave: "w", dependents: "team/left"}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Build, "team/left/img"},
		{"an arm that did not come for days is not waited for", func(r registry) {
			r["team/base/img"] = row{digest: "base2", wave: "w", dependents: "team/left team/right", age: wave.Patience}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Build, "team/left/img"},
		{"an arm that follows an image from the future is not waited for", func(r registry) {
			r["team/base/img"] = row{digest: "base2", wave: "w", dependents: "team/left team/right", age: -2 * time.Hour}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Build, "team/left/img"},
		{"a long arm is waited for, wherever on it the wave is", func(r registry) {
			r["team/right/img"] = row{digest: "right1", dependents: "team/bottom", parents: "team/middle/img=middle1"}
			r["team/middle/img"] = row{digest: "middle1", dependents: "team/right", parents: "team/base/img=base1"}
			r["team/base/img"] = row{digest: "base2", wave: "w", dependents: "team/left team/middle"}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Leave, "team/right/img"},
		{"siblings rebuild each other without a poke", func(r registry) {
			r["team/right/img"] = row{digest: "right1", dependents: "team/bottom", parents: "+team/right/base=rightbase1"}
			r["team/right/base"] = row{digest: "rightbase1", parents: "team/base/img=base1"}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Leave, "team/right/img"},
		{"the image where the wave began may have been built before it", func(r registry) {
			r["team/base/img"] = row{digest: "base2", wave: "older", dependents: "team/left team/right"}
		}, "team/right/img", "team/base/img", wave.Build, "team/base/img"},
		{"a parent that moved without the wave is not the wave's business", func(r registry) {
			r["team/left/img"] = row{digest: "left1", wave: "w", dependents: "team/bottom"}
			r["team/right/img"] = row{digest: "right1", dependents: "team/bottom"}
			r["team/bottom/img"] = row{digest: "bottom1", parents: "team/left/img=left1 team/outside/img=outside0"}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Keep, "nothing that it is built on moved in the wave"},
		{"a parent that moved and says nothing of itself is built on", func(r registry) {
			r["team/left/img"] = row{digest: "left2", isUnreadable: true}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Leave, "team/right/img"},
		{"an image that does not say what it was built on is built", func(r registry) {
			r["team/right/img"] = row{digest: "right1"}
		}, "team/right/img", "team/base/img", wave.Build, "it does not say what it was built on in wave w, poked by team/base/img"},
		{"a wave that comes back stops", nil, "team/right/img", "team/right/img,team/base/img", wave.Stop, "team/right/img → team/base/img → team/right/img"},
		{"images that are built on each other do not wait for each other for ever", func(r registry) {
			r["team/right/img"] = row{digest: "right1", dependents: "team/bottom", parents: "team/bottom/img=bottom1"}
			r["team/bottom/img"] = row{digest: "bottom1", dependents: "team/right", parents: "team/left/img=left1 team/right/img=right1"}
		}, "team/bottom/img", "team/base/img,team/left/img", wave.Build, "team/left/img"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			fleet := diamond(test.change)
			self, err := fleet.Image(t.Context(), test.self)
			if err != nil {
				t.Fatal(err)
			}
			by := test.path[strings.LastIndex(test.path, ",")+1:]
			poke, err := wave.ReadPoke(by, "w", test.path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := wave.Decide(t.Context(), fleet, poke, self, now)
			if err != nil {
				t.Fatal(err)
			}
			if got.Action != test.want || !strings.Contains(got.Reason, test.reason) {
				t.Errorf("got %s: %s\nwant %s: … %s …", got.Action, got.Reason, test.want, test.reason)
			}
		})
	}
}

func TestParentsThatCannotBeAskedForAreAnError(t *testing.T) {
	t.Parallel()
	fleet := registry{"team/gone/img": {isGone: true}}
	poke, err := wave.ReadPoke("team/gone/img", "w", "")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := wave.Decide(t.Context(), fleet, poke, wave.Image{Parents: []wave.Parent{{Reference: "team/gone/img"}}}, now); err == nil {
		t.Errorf("got %v without an error", d)
	}
}

func TestWrongGuessesOfAWaveOnlyChooseWhatIsBuilt(t *testing.T) {
	t.Parallel()
	fleet := registry{"team/base/img": {digest: "base1", wave: "w"}, "team/child/img": {digest: "child1", parents: "team/base/img=base1"}}
	self, err := fleet.Image(t.Context(), "team/child/img")
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"team/base/img", "team/child/img", "evil/made/up"} {
		poke, err := wave.ReadPoke(by, "w", "evil/made/up")
		if err != nil {
			t.Fatal(err)
		}
		got, err := wave.Decide(t.Context(), fleet, poke, self, now)
		if diff := cmp.Diff(wave.Keep, got.Action); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
}

func TestPollsGoOnWithTheWave(t *testing.T) {
	t.Parallel()
	top := row{digest: "base2", wave: "w", dependents: "team/left team/right"}
	left := row{digest: "left1", dependents: "team/bottom", parents: "team/base/img=base1"}
	tests := []struct {
		what, self string
		fleet      registry
		want       wave.Action
		id, reason string
	}{
		{
			"what is built on something old is built in its wave", "team/left/img",
			registry{"team/base/img": top, "team/left/img": left},
			wave.Build, "w",
			"parent team/base/img moved from base1 to base2 in wave w, found by the update check",
		},
		{"what another parent will poke is left to it", "team/bottom/img", registry{
			"team/base/img": top, "team/left/img": left,
			"team/bottom/img": {digest: "bottom1", parents: "team/base/img=base1 team/left/img=left1"},
		}, wave.Leave, "", "team/left/img"},
		{"what is built on nothing old is kept", "team/left/img", registry{"team/base/img": {digest: "base1"}, "team/left/img": left}, wave.Keep, "", "nothing that it is built on moved"},
		{"an image of nobody's wave begins none", "team/left/img", registry{
			"debian": {digest: "debian2"}, "team/left/img": {digest: "left1", parents: "debian=debian1"},
		}, wave.Build, "", "parent debian moved from debian1 to debian2, found by the update check"},
		{"what cannot be read is built on", "team/left/img", registry{"team/base/img": {digest: "base2", isUnreadable: true}, "team/left/img": left}, wave.Build, "", "parent team/base/img moved"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			self, err := test.fleet.Image(t.Context(), test.self)
			if err != nil {
				t.Fatal(err)
			}
			got, id, err := wave.Poll(t.Context(), test.fleet, self, now)
			if err != nil {
				t.Fatal(err)
			}
			if got.Action != test.want || id.String() != test.id || !strings.Contains(got.Reason, test.reason) {
				t.Errorf("got %s in wave %q: %s\nwant %s in wave %q: … %s …", got.Action, id, got.Reason, test.want, test.id, test.reason)
			}
		})
	}
}
