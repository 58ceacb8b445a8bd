package diff

import (
	"reflect"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// compareFields compares the fields of the language by its table. Those about what an image is built on are compared elsewhere. Old may be
// nil.
func compareFields(old, image *lineage.Image) (changes []Change) {
	is := reflect.ValueOf(image.Image).Elem()
	was := reflect.Zero(is.Type())
	if old != nil {
		was = reflect.ValueOf(old.Image).Elem()
	}
	for _, f := range schema.Leaves(is.Type()) {
		if f.Key == "" || isOrigin(f) {
			continue
		}
		before, after := withUnit(f.Key, plain(was.FieldByIndex(f.Index))), withUnit(f.Key, plain(is.FieldByIndex(f.Index)))
		if f.Name == "Runners" {
			before, after = runners(old), runners(image)
		}
		if f.Name == "Release" {
			before, after = releases(before, old), releases(after, image)
		}
		change, ok := compareValues(key(f), before, after)
		if ok && f.Name == "Release" {
			change.Note = strings.TrimSpace(change.Note + " " + noteLatest(old, image))
		}
		if ok {
			change.IsInput = f.Hash == "yes"
			changes = append(changes, change)
		}
	}
	return changes
}

// key returns the key of a field with those around it: "build.env".
func key(f schema.Field) string {
	outer, _, isInner := strings.Cut(f.Name, ".")
	if !isInner {
		return f.Key
	}
	return strings.ToLower(outer) + "." + f.Key
}

// releases returns the releases of an image, or a word if it has no release, not even the usual one.
func releases(value any, image *lineage.Image) any {
	if image != nil && image.Release != nil && len(image.Release) == 0 {
		return "none"
	}
	return value
}

// noteLatest says that an image begins or stops to move the tag that every image moves in the project's registry unless its definition says
// otherwise.
func noteLatest(old, image *lineage.Image) string {
	switch was, is := old != nil && movesLatest(old), movesLatest(image); {
	case old == nil || was == is:
		return ""
	case is:
		return "(it now moves latest in the project's own registry)"
	default:
		return "(it no longer moves latest in the project's own registry)"
	}
}

func movesLatest(image *lineage.Image) bool {
	return image.Release == nil || slices.ContainsFunc(image.Release, func(release definition.Release) bool {
		return release.Repository.Value == "" && slices.ContainsFunc(release.Tags, func(tag schema.ReleaseTag) bool { return tag.String() == schema.Latest.String() })
	})
}

// runners returns the runner tags of an image's jobs by platform.
func runners(image *lineage.Image) any {
	if image == nil {
		return nil
	}
	out := map[string]any{}
	for _, platform := range append(definition.Platforms{""}, image.Platforms...) {
		name := string(platform)
		if name == "" {
			name = "default"
		}
		if tags := plain(reflect.ValueOf(image.Runners.Of(platform))); tags != nil {
			out[name] = tags
		}
	}
	return orNil(out)
}

// projectChanges compares the parts of two definitions that are about no single image. Either may be nil.
func projectChanges(old, new *definition.Definition) []Change {
	return append([]Change{}, compareEach(ofProject(old), ofProject(new))...)
}

func ofProject(d *definition.Definition) map[string]any {
	if d == nil {
		return nil
	}
	fields := asMap(structure(reflect.ValueOf(d).Elem()))
	if fields == nil {
		fields = map[string]any{}
	}
	distributions, mirrors := map[string]any{}, map[string]any{}
	for _, distribution := range d.Distributions {
		distributions[distribution.Key] = plain(reflect.ValueOf(distribution.Recipe))
	}
	for _, mirror := range d.Mirrors {
		mirrors[mirror.From.String()] = mirror.Repository + ":" + mirror.Tag.String()
	}
	fields["distributions"], fields["mirrors"] = orNil(distributions), orNil(mirrors)
	return fields
}
