package definition

import (
	"cmp"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// withDefaults returns an image with the fields of the defaults that it lacks. Maps are
// joined key by key. It leaves out the distribution and its version, since a parent's override them.
func withDefaults(image, defaults *tree.Node) *tree.Node {
	if defaults == nil || defaults.Kind != tree.Map {
		return image
	}
	merged := *image
	merged.Fields = slices.Clone(image.Fields)
	for _, preset := range defaults.Fields {
		own := merged.Get(preset.Name)
		switch preset.Name {
		case "distribution", "version":
		case "updates": // they are replaced as a whole
			setField(&merged, preset, cmp.Or(own, preset.Value))
		default:
			setField(&merged, preset, join(own, preset.Value))
		}
	}
	return &merged
}

// join returns a map with the missing entries of another. It joins maps within maps too, such as build.env.
func join(own, preset *tree.Node) *tree.Node {
	if own == nil || own.Kind != tree.Map || preset.Kind != tree.Map {
		return cmp.Or(own, preset)
	}
	joined := *own
	joined.Fields = slices.Clone(own.Fields)
	for _, entry := range preset.Fields {
		setField(&joined, entry, join(own.Get(entry.Name), entry.Value))
	}
	return &joined
}

func setField(n *tree.Node, field tree.Field, value *tree.Node) {
	if own := n.Field(field.Name); own != nil {
		own.Value = value
		return
	}
	field.Value = value
	n.Fields = append(n.Fields, field)
}
