package edit

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Pin is a place outside of the definition that holds an image's tag or reference.
type Pin struct {
	File string
	// Key is the path of a YAML value, "variables.BUILDER_TAG"; Pattern is a regular expression with one group. One of them is
	// set.
	Key, Pattern string
	// TestSuffix is what a trial run adds to the tag, or, where TestKey is set, to the value of that key.
	TestSuffix, TestKey string
}

// Find returns the edits that bring a pin from one tag to another, for a trial run or for good. The error says that the pin holds
// something else, or nothing.
func (p Pin) Find(content, old, new string, isTest bool) ([]Edit, error) {
	suffix := p.TestSuffix
	if p.TestKey != "" {
		suffix = ""
	}
	// A trial run of the same version may have changed it before.
	expected := []string{old, old + suffix, new, new + suffix}
	if isTest {
		new += suffix
	}
	edits, err := p.tags(content, expected, new)
	if err != nil || p.TestKey == "" {
		return edits, err
	}
	edit, err := p.suffix(content, isTest)
	return append(edits, edit), err
}

// suffix is the edit that sets the value that a trial run adds, or empties it.
func (p Pin) suffix(content string, isTest bool) (Edit, error) {
	at, err := byKey(content, p.TestKey)
	if err != nil {
		return Edit{}, fmt.Errorf("%s: %w", p.File, err)
	}
	if text := content[at.begin:at.end]; text != "" && text != p.TestSuffix {
		return Edit{}, fmt.Errorf("%s: %s holds %q where %q or nothing is expected", p.File, p.TestKey, text, p.TestSuffix)
	}
	edit := Edit{File: p.File, Offset: at.begin, Length: at.end - at.begin}
	if isTest {
		edit.New = p.TestSuffix
	}
	return edit, nil
}

// tags are the edits of the pin's own places.
func (p Pin) tags(content string, expected []string, new string) ([]Edit, error) {
	places, err := p.places(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.File, err)
	}
	edits := make([]Edit, len(places))
	for i, place := range places {
		text := content[place.begin:place.end]
		at := place.begin
		if repository, tag, isReference := CutTag(text); isReference {
			at += len(repository) + 1
			text = tag
		}
		if !slices.Contains(expected, text) {
			return nil, fmt.Errorf("%s:%d holds %q where %q is expected", p.File, 1+strings.Count(content[:at], "\n"), text, expected[0])
		}
		edits[i] = Edit{File: p.File, Offset: at, Length: len(text), New: new}
	}
	return edits, nil
}

// CutTag splits a reference with a tag.
func CutTag(text string) (repository, tag string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.Contains(text[i:], "/") {
		return "", "", false
	}
	return text[:i], text[i+1:], true
}

// place is a value within a file.
type place struct{ begin, end int }

func (p Pin) places(content string) ([]place, error) {
	if p.Key != "" {
		at, err := byKey(content, p.Key)
		return []place{at}, err
	}
	pattern, err := regexp.Compile("(?m)" + p.Pattern)
	if err != nil || pattern.NumSubexp() != 1 {
		return nil, fmt.Errorf("the pattern %q is no regular expression with one group", p.Pattern)
	}
	var places []place
	for _, match := range pattern.FindAllStringSubmatchIndex(content, -1) {
		places = append(places, place{match[2], match[3]})
	}
	if len(places) == 0 {
		return nil, fmt.Errorf("nothing matches the pattern %q", p.Pattern)
	}
	return places, nil
}

// byKey finds the value of a key, which is a path such as "variables.BUILDER_TAG".
func byKey(content, key string) (place, error) {
	loader, err := yaml.NewLoader(strings.NewReader(content), yaml.WithV4Defaults())
	if err != nil {
		return place{}, err
	}
	for {
		var document yaml.Node
		if err := loader.Load(&document); err != nil {
			if errors.Is(err, io.EOF) {
				return place{}, fmt.Errorf("there is no key %q", key)
			}
			return place{}, fmt.Errorf("it is not YAML: %w", err)
		}
		if found := descend(&document, strings.Split(key, ".")); found != nil {
			return scalarPlace(content, found)
		}
	}
}

// descend finds the value of a path of keys. A key that holds full stops itself is tried with them.
func descend(n *yaml.Node, path []string) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		return descend(n.Content[0], path)
	}
	if len(path) == 0 {
		return n
	}
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for taken := 1; taken <= len(path); taken++ {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == strings.Join(path[:taken], ".") {
				if found := descend(n.Content[i+1], path[taken:]); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// scalarPlace is the place of a value of one line, without its quotes.
func scalarPlace(content string, n *yaml.Node) (place, error) {
	if n.Kind != yaml.ScalarNode {
		return place{}, errors.New("the key holds no text")
	}
	at := LineOffset(content, n.Line)
	line, _, _ := strings.Cut(content[at:], "\n")
	value := line[min(n.Column-1, len(line)):]
	if n.Value == "" && (strings.HasPrefix(value, `""`) || strings.HasPrefix(value, "''")) {
		return place{at + n.Column, at + n.Column}, nil
	}
	i := strings.Index(value, n.Value)
	if i < 0 || n.Value == "" {
		return place{}, errors.New("the value is written in a form that cannot be changed in place; write it on one line without escapes")
	}
	begin := at + n.Column - 1 + i
	return place{begin, begin + len(n.Value)}, nil
}
