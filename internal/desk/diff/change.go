package diff

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Change is a change of a value. Its kind tells which fields are set:
//
//   - a value: Old and New; one of them is empty for a value that is added or removed
//   - a text with several lines: Lines
//   - a list: Added and Removed; none of them if only the order changes
//   - a map, or a list of entries with names: Added, Removed, and Parts for those that change
//   - files: Added, Removed and Changed, and Parts for those that move, with the old path as key and the new one in New
type Change struct {
	// Key is the key in the definition, such as "packages" or "build.env", or the name of an entry.
	Key string `json:"key"`
	Move
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	Changed []string `json:"changed,omitempty"`
	Parts   []Change `json:"parts,omitempty"`
	// Lines are lines with "+" or "-" before them.
	Lines []string `json:"lines,omitempty"`
	// Note says more in words; it may be all that there is to say.
	Note string `json:"note,omitempty"`
	// IsInput says that the content tag depends on the value.
	IsInput bool `json:"input,omitempty"`
}

// compareValues returns the change of a plain value, and whether there is one.
func compareValues(key string, old, new any) (Change, bool) {
	c := Change{Key: key}
	if reflect.DeepEqual(old, new) {
		return c, false
	}
	switch {
	case isKind[map[string]any](old, new):
		c.compareMaps(asMap(old), asMap(new))
	case isKind[[]any](old, new):
		c.compareLists(asList(old), asList(new))
	default:
		c.compareTexts(describe(old), describe(new))
	}
	if reflect.DeepEqual(c, Change{Key: key}) { // a value without content, such as {}
		c.Note = presence(old, new)
	}
	return c, true
}

// presence says whether a value is added or removed; it is empty if the value only changes.
func presence(old, new any) string {
	switch {
	case old == nil:
		return "added"
	case new == nil:
		return "removed"
	default:
		return ""
	}
}

// isKind reports whether a value is of a type, and the other one is, too, or nil.
func isKind[T any](old, new any) bool {
	_, isOld := old.(T)
	_, isNew := new.(T)
	return isOld && isNew || isOld && new == nil || isNew && old == nil
}

func asMap(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func asList(value any) []any {
	l, _ := value.([]any)
	return l
}

func (c *Change) compareMaps(old, new map[string]any) {
	for _, name := range keysOf(old, new) {
		was, isOld := old[name]
		is, isNew := new[name]
		switch {
		case !isOld && strings.Contains(describe(is), "\n"):
			part, _ := compareValues(name, nil, is)
			part.Note = "added"
			c.Parts = append(c.Parts, part)
		case !isOld:
			c.Added = append(c.Added, entry(name, is))
		case !isNew:
			c.Removed = append(c.Removed, name)
		default:
			if part, ok := compareValues(name, was, is); ok {
				c.Parts = append(c.Parts, part)
			}
		}
	}
}

// keysOf returns the keys of all these maps, sorted.
func keysOf[V any](all ...map[string]V) []string {
	merged := map[string]V{}
	for _, m := range all {
		maps.Copy(merged, m)
	}
	return slices.Sorted(maps.Keys(merged))
}

// compareEach compares the values of each key.
func compareEach(old, new map[string]any) (changes []Change) {
	for _, key := range keysOf(old, new) {
		if change, ok := compareValues(key, old[key], new[key]); ok {
			changes = append(changes, change)
		}
	}
	return changes
}

// entry describes an entry that is added.
func entry(name string, value any) string {
	if scalar, ok := value.(string); ok {
		return name + "=" + scalar
	}
	return strings.TrimSuffix(name+": "+describe(value), ": ")
}

func (c *Change) compareLists(old, new []any) {
	if hasLines(old) || hasLines(new) {
		c.compareTexts(joined(old), joined(new))
		return
	}
	if name, ok := identity(old, new); ok {
		c.compareMaps(byName(old, name), byName(new, name))
		c.noteOrder(names(old, name), names(new, name))
		return
	}
	was, is := descriptions(old), descriptions(new)
	count := map[string]int{}
	for _, item := range was {
		count[item]++
	}
	for _, item := range is {
		if count[item] > 0 {
			count[item]--
		} else {
			c.Added = append(c.Added, item)
		}
	}
	for _, item := range was {
		if count[item] > 0 {
			count[item]--
			c.Removed = append(c.Removed, item)
		}
	}
	c.noteOrder(was, is)
}

// noteOrder notes that items of both lists are in another order. Items that a list has twice do not count, unless nothing else changes.
func (c *Change) noteOrder(old, new []string) {
	if len(c.Added)+len(c.Removed)+len(c.Parts) == 0 {
		c.Note = "the order changes"
		return
	}
	count := map[string]int{}
	for _, item := range slices.Concat(old, new) {
		count[item]++
	}
	inBoth := func(items, others []string) []string {
		return slices.DeleteFunc(slices.Clone(items), func(item string) bool { return count[item] != 2 || !slices.Contains(others, item) })
	}
	if !slices.Equal(inBoth(old, new), inBoth(new, old)) {
		c.Note = "(the order changes)"
	}
}

// hasLines reports whether an item of a list is a text with several lines, such as a part of a script.
func hasLines(items []any) bool {
	return slices.ContainsFunc(items, func(item any) bool {
		text, ok := item.(string)
		return ok && strings.Contains(strings.TrimSuffix(text, "\n"), "\n")
	})
}

func joined(items []any) string { return strings.Join(descriptions(items), "\n") }

func descriptions(items []any) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = describe(item)
	}
	return out
}

// identities are the keys that can identify an entry of a list.
var identities = []string{"name", "id", "project", "repository", "path", "rule", "file"}

// identity returns the key that identifies each entry of two lists, and whether there is one. An entry may lack it, such as a release to
// the image's own repository.
func identity(old, new []any) (string, bool) {
	for _, key := range identities {
		isUsed := false
		isUnique := func(items []any) bool {
			seen := map[any]bool{}
			for _, item := range items {
				fields, isMap := item.(map[string]any)
				name := fields[key]
				if !isMap || seen[name] {
					return false
				}
				seen[name], isUsed = true, isUsed || name != nil
			}
			return true
		}
		if isUnique(old) && isUnique(new) && isUsed {
			return key, true
		}
	}
	return "", false
}

func byName(items []any, key string) map[string]any {
	out := map[string]any{}
	for _, item := range items {
		fields := maps.Clone(asMap(item))
		name := nameOf(fields, key)
		delete(fields, key)
		if name == fields["url"] {
			delete(fields, "url")
		}
		out[name] = fields
	}
	return out
}

func names(items []any, key string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = nameOf(asMap(item), key)
	}
	return out
}

// nameOf returns what identifies an entry; one without the key is a source with an address, a release to the image's own repository, or the
// default.
func nameOf(fields map[string]any, key string) string {
	name, _ := fields[key].(string)
	if key == "repository" {
		return cmp.Or(name, "own repository")
	}
	address, _ := fields["url"].(string)
	return cmp.Or(name, address, "default")
}

// describe returns a plain value as text on one line, or as it is if it is a text.
func describe(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case []any:
		parts := make([]string, len(value))
		for i, item := range value {
			parts[i] = describeInside(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, key := range keysOf(value) {
			parts = append(parts, key+": "+describeInside(value[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return ""
	}
}

// describeInside describes a value in a list or a map.
func describeInside(value any) string {
	if text, ok := value.(string); ok {
		return quoted(text)
	}
	return describe(value)
}

// quoted returns a text in quotes if it contains what separates values. The end of JSON is clear without quotes.
func quoted(text string) string {
	if !json.Valid([]byte(text)) && (strings.Contains(text, ", ") || strings.Contains(text, " → ")) {
		return schema.JSON(text)
	}
	return text
}

func (c *Change) compareTexts(old, new string) {
	if strings.Contains(old, "\n") || strings.Contains(new, "\n") {
		if c.Lines = changedLines(old, new); len(c.Lines) == 0 {
			c.Note = "only the line ends change"
		}
		return
	}
	c.Move = Move{old, new}
}

// changedLines returns the lines that differ, in their order. A line end at the end does not count, nor does one of Windows.
func changedLines(old, new string) []string {
	var lines []string
	isHunk := false
	for line := range strings.Lines(string(diff.Diff("old", whole(old), "new", whole(new)))) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "@@ "):
			isHunk = true
		case isHunk && (line[0] == '+' || line[0] == '-'):
			lines = append(lines, line)
		}
	}
	return lines
}

func whole(text string) []byte {
	text = strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if text == "" {
		return nil
	}
	return []byte(text + "\n")
}
