//go:build e2e

package e2e_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestDecisions is the whole table of a build job's decisions, as ci-templates decide.
func TestDecisions(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	const nothing, one, other = "", "echo one > /made", "echo other > /made"
	const unreachable = "127.0.0.1:1"
	tests := []struct {
		name            string
		upstream, local string
		same            bool
		variables       []string
		says            string
		// is what the fork has in the end: that of the upstream project, its own, or a new one.
		is string
	}{
		{name: "nowhere", says: "Build", is: "new"},
		{name: "only here", local: one, says: "Reuse", is: "local"},
		{name: "only upstream", upstream: one, says: "Copy", is: "upstream"},
		{name: "the same in both", upstream: one, same: true, says: "Reuse", is: "upstream"},
		{name: "upstream has another", upstream: one, local: other, says: "Copy", is: "upstream"},
		{name: "forced, nowhere", variables: []string{"FDO_FORCE_REBUILD=1"}, says: "Build", is: "new"},
		{name: "forced, only here", local: one, variables: []string{"FDO_FORCE_REBUILD=1"}, says: "Build", is: "new"},
		{name: "forced, only upstream", upstream: one, variables: []string{"FDO_FORCE_REBUILD=1"}, says: "Build", is: "new"},
		{name: "forced, the same in both", upstream: one, same: true, variables: []string{"FDO_FORCE_REBUILD=1"}, says: "Build", is: "new"},
		{name: "forced, upstream has another", upstream: one, local: other, variables: []string{"FDO_FORCE_REBUILD=1"}, says: "Build", is: "new"},
		{name: "upstream not reached, nowhere", variables: []string{"CI_REGISTRY=" + unreachable}, says: "Build", is: "new"},
		{name: "upstream not reached, only here", local: one, variables: []string{"CI_REGISTRY=" + unreachable}, says: "Reuse", is: "local"},
		{name: "no upstream named, only upstream", upstream: one, variables: []string{"FDO_UPSTREAM_REPO="}, says: "Build", is: "new"},
		{name: "upstream of upstream", upstream: one, variables: []string{"FDO_UPSTREAM_REPO=no/thing Up/Stream"}, says: "Copy", is: "upstream"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := "case" + string(rune('a'+i))
			up, fork := newHand(t, r, "up/"+path), newHand(t, r, "fork/"+path)
			image := func(h *hand) string { return h.path + "/image:1" }
			if test.upstream != nothing {
				up.build(schema.VarDistributionExec + "=" + test.upstream)
			}
			if test.local != nothing {
				fork.build(schema.VarDistributionExec + "=" + test.local)
			}
			if test.same {
				run(t, ".", "skopeo", "copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", "docker://"+r.Host+"/"+image(up), "docker://"+r.Host+"/"+image(fork))
			}
			known := map[string]string{}
			for name, h := range map[string]*hand{"upstream": up, "local": fork} {
				if r.has(image(h)) {
					known[digest(t, r.image(t, image(h)))] = name
				}
			}
			if test.same {
				known[digest(t, r.image(t, image(up)))] = "upstream"
			}
			variables := []string{"FDO_UPSTREAM_REPO=Up/" + path, schema.VarDistributionExec + "=echo new > /made"}
			for _, variable := range test.variables {
				variables = append(variables, strings.Replace(variable, "Up/Stream", "Up/"+path, 1))
			}
			log := fork.build(variables...)
			is := known[digest(t, r.image(t, image(fork)))]
			if is == "" {
				is = "new"
			}
			if !strings.Contains(log, test.says+" "+r.Host) || is != test.is {
				t.Errorf("the fork has that of %q:\n%s", is, log)
			}
		})
	}
	t.Run("registry switched off", func(t *testing.T) {
		if last := newHand(t, r, "fork/off").fail("CI_REGISTRY_IMAGE="); !strings.Contains(last, "Settings > General > Visibility") {
			t.Error(last)
		}
	})
}

// TestACopyInTheSameRegistryMovesNoLayers copies from the upstream project and counts what is sent.
func TestACopyInTheSameRegistryMovesNoLayers(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	newHand(t, r, "up/stream").build(schema.VarDistributionExec + "=head -c 1000000 /dev/urandom > /made")
	before := r.uploaded.Load()
	log := newHand(t, r, "some/fork").build("FDO_UPSTREAM_REPO=up/stream")
	if sent := r.uploaded.Load() - before; sent != 0 || !strings.Contains(log, "Copy ") {
		t.Errorf("%d bytes of blobs were sent:\n%s", sent, log)
	}
	if got, want := digest(t, r.image(t, "some/fork/image:1")), digest(t, r.image(t, "up/stream/image:1")); got != want {
		t.Errorf("%s is not %s", got, want)
	}
}
