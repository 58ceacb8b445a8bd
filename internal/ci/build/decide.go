package build

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// action is what a build job does.
type action string

const (
	skipImage  action = "skip"
	useImage   action = "use"
	copyImage  action = "copy"
	buildImage action = "build"
	// retryImage tests an image that an earlier job built, and that has no tag since it has not passed its tests.
	retryImage action = "retry"
)

// verbs are the names of actions in the log, before they begin and in the summary.
var verbs = map[action]struct{ begin, done string }{
	skipImage:  {"Reuse", "Reused"},
	useImage:   {"Use the upstream project's", "Uses"},
	copyImage:  {"Copy", "Copied"},
	buildImage: {"Build", "Built"},
	retryImage: {"Test", "Tested"},
}

// decision is an action with its reason. Untagged means that the image is pushed by digest only, and the tag is not moved.
type decision struct {
	Action   action
	Reason   string
	Warning  string
	Untagged bool
}

// facts are the facts for a decision.
type facts struct {
	Tag, Inputs  string
	IsContentTag bool
	Force        string
	// Exists tells whether the tag exists, with these labels.
	Exists bool
	Digest oci.Digest
	Labels map[string]string
	// Size is that of its compressed layers in bytes, and Packages the record of its packages; it may be empty.
	Size     int64
	Packages string
	// BuiltHere tells whether this pipeline built the existing image.
	BuiltHere bool
	// Upstream is the image of an upstream project under the tag; zero if none has it.
	Upstream oci.Reference
	// LeaveUpstream tells whether the upstream project's image is used in place, without a copy.
	LeaveUpstream bool
	// Rebuilt names a parent that this pipeline rebuilt after the existing image was built.
	Rebuilt string
	// Poked is the decision because of a poke; its Action is empty without a poke.
	Poked wave.Decision
	// Pinned tells why a poke changes nothing: its parent is pinned; otherwise it is empty.
	Pinned string
	// KeepsTag tells whether the pipeline leaves an existing tag alone, since it is written by hand.
	KeepsTag, IsCompiled bool
}

// decide chooses between reusing, copying and building. A tag is a name, not a proof: the image under a content tag is
// used only if its label has the same inputs.
func decide(f facts) decision {
	switch {
	case f.Force != "" && f.isDone():
		return decision{Action: skipImage, Reason: "it exists, and this pipeline built it: to rebuild it, start another pipeline"}
	case f.Force != "":
		return f.build(f.Force)
	case f.Poked.Action == wave.Build:
		return f.build(f.Poked.Reason)
	case f.Poked.Action == wave.Leave && f.isUsable():
		return decision{Action: skipImage, Reason: "it exists, and " + f.Poked.Reason}
	case f.Poked.Action == wave.Stop && f.isUsable():
		return decision{Action: skipImage, Reason: "it exists", Warning: f.Poked.Reason}
	case f.Rebuilt != "":
		return f.build("its parent " + f.Rebuilt + " was rebuilt")
	case !f.Upstream.Digest().IsZero() && f.Upstream.Digest() != f.Digest:
		if f.LeaveUpstream {
			return decision{Action: useImage, Reason: "the upstream project has it"}
		}
		return decision{Action: copyImage, Reason: "the upstream project has it", Untagged: f.IsCompiled && f.tagStays()}
	case !f.Exists:
		return f.build("no image has the tag " + f.Tag)
	case f.Inputs == "", f.Labels[schema.LabelInputs] == f.Inputs, f.Labels[schema.LabelInputs] == "" && !f.IsContentTag:
		return decision{Action: skipImage, Reason: "it exists" + f.Pinned}
	case f.IsContentTag:
		d := f.build("what has the tag is not made of these inputs")
		d.Warning = fmt.Sprintf("the image under %s is not the one that its tag promises (its label %s is %q); it is rebuilt", f.Tag, schema.LabelInputs, f.Labels[schema.LabelInputs])
		return d
	default:
		return decision{Action: skipImage, Reason: "it exists", Warning: fmt.Sprintf("the image %s exists, but what it is made of has changed since: it is used as it is; give it another tag to build it", f.Tag)}
	}
}

// isUsable reports whether the existing image may be used if there is no reason to build.
func (f facts) isUsable() bool {
	return f.Exists && (!f.IsContentTag || f.Labels[schema.LabelInputs] == f.Inputs)
}

// isDone reports whether a job that always builds has built before, and is retried. A second build would have another digest, and repeat
// the wave of the first one.
func (f facts) isDone() bool {
	return f.BuiltHere && f.Rebuilt == "" && f.Labels[schema.LabelInputs] == f.Inputs
}

func (f facts) build(reason string) decision {
	return decision{Action: buildImage, Reason: reason, Untagged: f.tagStays()}
}

// tagStays reports whether a new image is pushed by digest only, since others may use the tagged image.
func (f facts) tagStays() bool { return f.Exists && f.KeepsTag }
