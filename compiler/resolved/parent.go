package resolved

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// parents returns the parents of an image at any depth. Its parents of the project have been resolved.
func (r *resolver) parents(image *lineage.Image) map[string]*Parent {
	out := map[string]*Parent{}
	for _, origin := range image.Origins() {
		name, parent := r.parent(origin)
		parent.Direct, parent.Base, parent.span = true, origin.IsBase, placeOf(image, origin)
		if known := out[name]; known != nil {
			parent.Base = parent.Base || known.Base
		}
		out[name] = &parent
		if origin.Image == nil {
			continue
		}
		for name, further := range r.images[origin.Image.Name].Parents {
			inherited := *further
			inherited.Direct, inherited.Base, inherited.span = false, origin.IsBase && further.Base, diagnostic.Span{}
			if known := out[name]; known != nil {
				known.Base = known.Base || inherited.Base
				continue
			}
			out[name] = &inherited
		}
	}
	return out
}

// parent returns the name and the description of a direct parent.
func (r *resolver) parent(origin lineage.Parent) (string, Parent) {
	if origin.Image != nil {
		return origin.Image.Name, Parent{Kind: "image", Pinned: true}
	}
	name, out := origin.String(), Parent{Kind: "project", Project: origin.Project.Path, Tag: origin.Project.Tag.String(), Digest: origin.Digest}
	if origin.Project.Path == "" {
		reference := origin.Outside.Explicit()
		repository := reference.Repository()
		out = Parent{Kind: "external", Registry: repository.Registry(), Repository: repository.Path(), Tag: origin.Outside.Tag().String(), Digest: origin.Digest}
		name = reference.String()
		if written := origin.Outside.Digest(); !written.IsZero() {
			out.Digest = written.String()
		} else {
			out.Tag = reference.Tag().String()
		}
	} else {
		out.Repository = origin.Project.Image
	}
	out.Pinned = out.Digest != ""
	if entry, ok := r.locked.Entry(origin.String()); ok && entry.Digest == out.Digest {
		// The lock has checked the form of the time. Its first part is the day.
		if since, err := schema.ParseDate(entry.FirstSeen[:len("2026-11-20")]); err == nil {
			age := r.date.DaysSince(since)
			out.Since, out.Age = since.String(), &age
		}
	}
	return name, out
}

// placeOf returns the place at which the user named a parent.
func placeOf(image *lineage.Image, origin lineage.Parent) diagnostic.Span {
	own := image.Declared
	for _, alias := range origin.Aliases {
		if named := own.Get("parents").Get(alias); named != nil {
			return named.Span
		}
	}
	if origin.At.Line > 0 && !origin.ByArgument {
		return origin.At
	}
	for _, key := range []string{"base", "distribution"} {
		if written := own.Get(key); written != nil {
			return written.Span
		}
	}
	return image.Span
}
