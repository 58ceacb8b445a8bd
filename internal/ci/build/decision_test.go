package build

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	digest := func(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }
	upstream := func(digit string) oci.Reference {
		reference, err := oci.ParseReference("r.io/up/stream/rust@" + digest(digit))
		if err != nil {
			t.Fatal(err)
		}
		return reference
	}
	madeOf := func(inputs string) map[string]string { return map[string]string{schema.LabelInputs: inputs} }
	tests := map[string]struct {
		facts facts
		want  decision
	}{
		"no image":                      {facts{Tag: "v1"}, decision{Action: buildImage, Reason: "no image has the tag v1"}},
		"an image":                      {facts{Exists: true}, decision{Action: skipImage, Reason: "it exists"}},
		"an image of these inputs":      {facts{Exists: true, IsContentTag: true, Inputs: "a", Labels: madeOf("a")}, decision{Action: skipImage, Reason: "it exists"}},
		"an image on a pinned parent":   {facts{Exists: true, Pinned: "; pinned"}, decision{Action: skipImage, Reason: "it exists; pinned"}},
		"an image that says nothing":    {facts{Exists: true, Inputs: "a"}, decision{Action: skipImage, Reason: "it exists"}},
		"a content tag says nothing":    {facts{Exists: true, Tag: "t", IsContentTag: true, Inputs: "a"}, decision{Action: buildImage, Reason: "what has the tag is not made of these inputs", Warning: `the image under t is not the one that its tag promises (its label stemma.inputs is ""); it is rebuilt`}},
		"a content tag of others":       {facts{Exists: true, Tag: "t", IsContentTag: true, Inputs: "a", Labels: madeOf("b")}, decision{Action: buildImage, Reason: "what has the tag is not made of these inputs", Warning: `the image under t is not the one that its tag promises (its label stemma.inputs is "b"); it is rebuilt`}},
		"a tag by hand, and changes":    {facts{Exists: true, Tag: "v1", Inputs: "a", Labels: madeOf("b")}, decision{Action: skipImage, Reason: "it exists", Warning: "the image v1 exists, but what it is made of has changed since: it is used as it is; give it another tag to build it"}},
		"asked for by name":             {facts{Exists: true, Force: "somebody asks"}, decision{Action: buildImage, Reason: "somebody asks"}},
		"asked for, and retried":        {facts{Exists: true, Force: "somebody asks", BuiltHere: true}, decision{Action: skipImage, Reason: "it exists, and this pipeline built it: to rebuild it, start another pipeline"}},
		"asked for, on a new parent":    {facts{Exists: true, Force: "somebody asks", BuiltHere: true, Rebuilt: "base"}, decision{Action: buildImage, Reason: "somebody asks"}},
		"asked for, of other inputs":    {facts{Exists: true, Force: "somebody asks", BuiltHere: true, Inputs: "a"}, decision{Action: buildImage, Reason: "somebody asks"}},
		"asked for, and the tag stays":  {facts{Exists: true, Force: "somebody asks", KeepsTag: true}, decision{Action: buildImage, Reason: "somebody asks", Untagged: true}},
		"no tag to keep":                {facts{Tag: "v1", KeepsTag: true}, decision{Action: buildImage, Reason: "no image has the tag v1"}},
		"upstream has another":          {facts{Exists: true, KeepsTag: true, IsCompiled: true, Upstream: upstream("a")}, decision{Action: copyImage, Reason: "the upstream project has it", Untagged: true}},
		"poked":                         {facts{Exists: true, Poked: wave.Decision{Action: wave.Build, Reason: "a moved"}}, decision{Action: buildImage, Reason: "a moved"}},
		"poked too early":               {facts{Exists: true, Poked: wave.Decision{Action: wave.Leave, Reason: "b comes"}}, decision{Action: skipImage, Reason: "it exists, and b comes"}},
		"poked too early, no image":     {facts{Tag: "v1", Poked: wave.Decision{Action: wave.Leave, Reason: "b comes"}}, decision{Action: buildImage, Reason: "no image has the tag v1"}},
		"poked in a circle":             {facts{Exists: true, Poked: wave.Decision{Action: wave.Stop, Reason: "a circle"}}, decision{Action: skipImage, Reason: "it exists", Warning: "a circle"}},
		"a parent was built":            {facts{Exists: true, Rebuilt: "base"}, decision{Action: buildImage, Reason: "its parent base was rebuilt"}},
		"upstream has it":               {facts{Upstream: upstream("a")}, decision{Action: copyImage, Reason: "the upstream project has it"}},
		"upstream has it, and it stays": {facts{Upstream: upstream("a"), LeaveUpstream: true}, decision{Action: useImage, Reason: "the upstream project has it"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, decide(test.facts)); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheLogSaysWhatABuildDoes(t *testing.T) {
	t.Parallel()
	for action, want := range map[action]string{useImage: "Use the upstream project's", copyImage: "Copy", buildImage: "Build", retryImage: "Test", skipImage: "Reuse"} {
		if got := verbs[action].begin; got != want {
			t.Errorf("%s: got %q, want %q", action, got, want)
		}
	}
}
