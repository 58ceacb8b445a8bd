// Package drift says how the output that a project has committed differs from what its definition compiles to, and which
// input moved it.
package drift

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/schema"
)

// State is how a project's committed files stand to the compiled ones.
type State struct {
	// Write are files to write, Remove those that were compiled once and no longer are.
	Write  []emit.File
	Remove []string
	// Foreign are files that stand where one is to be written, but that the compiler did not write.
	Foreign []string
}

// Committed are the project's files: by path, those that are compiled now or may have been once.
type Committed map[string][]byte

// Compare compares what is compiled with what is committed.
func Compare(compiled []emit.File, committed Committed) State {
	var s State
	for _, file := range compiled {
		old, ok := committed[file.Path]
		switch {
		case ok && bytes.Equal(old, file.Content):
		case ok && !IsCompiled(old):
			s.Foreign = append(s.Foreign, file.Path)
		default:
			s.Write = append(s.Write, file)
		}
	}
	for path, old := range committed {
		if IsCompiled(old) && !slices.ContainsFunc(compiled, func(f emit.File) bool { return f.Path == path }) {
			s.Remove = append(s.Remove, path)
		}
	}
	slices.Sort(s.Remove)
	return s
}

// IsCompiled reports whether the compiler wrote a file.
func IsCompiled(content []byte) bool { return bytes.HasPrefix(content, []byte("# "+emit.Mark)) }

// Report reports what stands in the way of writing, and, where asked for, every difference with what moved it.
func (s State) Report(committed Committed, differences bool, found *diagnostic.List) {
	for _, path := range s.Foreign {
		found.Errorf(diagnostic.ForeignFile, diagnostic.Span{File: path, Line: 1}, "the compiler would write %s, but did not write what stands there", path).
			WithHint("move the file away, or publish the image under another name").WithKey(path)
	}
	if !differences {
		return
	}
	for _, path := range s.Remove {
		found.Errorf(diagnostic.Drift, diagnostic.Span{File: path, Line: 1}, "%s is no longer compiled from anything", path).WithHint("%s", advice).WithKey(path)
	}
	for _, file := range s.Write {
		reportFile(file, committed[file.Path], found)
	}
}

const advice = "run `stemma compile` and commit the result"

func reportFile(file emit.File, old []byte, found *diagnostic.List) {
	at := diagnostic.Span{File: file.Path, Line: 1}
	if old == nil {
		found.Errorf(diagnostic.Drift, at, "%s has not been compiled yet", file.Path).WithHint("%s", advice).WithKey(file.Path)
		return
	}
	if was := version(old); was != schema.Version {
		found.Errorf(diagnostic.Drift, at, "%s was compiled by stemma %s, and this is stemma %s", file.Path, was, schema.Version).
			WithHint("run the version that compiled it, or %s", advice).WithKey(file.Path)
		return
	}
	before := len(*found)
	was, is := sections(old), sections(file.Content)
	for _, image := range names(was, is) {
		if change := changed(was[image], is[image]); change != "" {
			found.Errorf(diagnostic.Drift, diagnostic.Span{File: file.Path, Line: max(was[image].line, 1)}, "%s: %s", image, change).WithHint("%s", advice).WithKey(image)
		}
	}
	if len(*found) == before {
		at.Line = firstDifference(old, file.Content)
		found.Errorf(diagnostic.Drift, at, "from here on %s is not what the definition compiles to", file.Path).WithHint("%s", advice).WithKey(file.Path)
	}
}

func version(content []byte) string {
	rest, _ := bytes.CutPrefix(content, []byte("# "+emit.Mark))
	number, _, _ := bytes.Cut(rest, []byte(" "))
	return string(number)
}

// section is what a compiled file says of an image.
type section struct {
	line        int
	ingredients map[string]string
	tag         string
}

var (
	headLine = regexp.MustCompile(`^# ([a-z0-9][a-z0-9._/-]*): `)
	tagLine  = regexp.MustCompile(`^ +FDO_DISTRIBUTION_TAG: "?([A-Za-z0-9_.-]+)"?$`)
)

// sections reads the comments above the images' templates.
func sections(content []byte) map[string]section {
	out := map[string]section{}
	image, number := "", 0
	for line := range strings.Lines(string(content)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if head := headLine.FindStringSubmatch(line); head != nil {
			image = head[1]
			out[image] = section{line: number}
		} else if list, ok := strings.CutPrefix(line, "# Made of: "); ok && image != "" {
			s := out[image]
			s.ingredients = ingredients(list)
			out[image] = s
		} else if tag := tagLine.FindStringSubmatch(line); tag != nil && image != "" && out[image].tag == "" {
			s := out[image]
			s.tag = tag[1]
			out[image] = s
		}
	}
	return out
}

func ingredients(list string) map[string]string {
	out := map[string]string{}
	for _, entry := range strings.Split(list, ", ") {
		if i := strings.LastIndexByte(entry, ' '); i > 0 {
			out[entry[:i]] = entry[i+1:]
		}
	}
	return out
}

func names(was, is map[string]section) []string {
	var out []string
	for name := range was {
		out = append(out, name)
	}
	for name := range is {
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// changed says what of an image changed; nothing where nothing did.
func changed(was, is section) string {
	switch {
	case was.line == 0:
		return "the image is new"
	case is.line == 0:
		return "the image is gone"
	}
	moved := difference(was.ingredients, is.ingredients)
	if moved == "" {
		return ""
	}
	if was.tag != is.tag {
		moved += "; its tag was " + was.tag + " and is " + is.tag
	}
	return moved
}

func difference(was, is map[string]string) string {
	var parts []string
	for name, sum := range is {
		if old, ok := was[name]; !ok {
			parts = append(parts, name+" is new")
		} else if old != sum {
			parts = append(parts, name+" changed")
		}
	}
	for name := range was {
		if _, ok := is[name]; !ok {
			parts = append(parts, name+" is gone")
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func firstDifference(a, b []byte) int {
	line := 1
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return line
		}
		if a[i] == '\n' {
			line++
		}
	}
	return line
}

// StaleTags warns of images whose tag was written by hand and did not change although what they are made of did.
func StaleTags(d *definition.Definition, compiled []emit.File, committed Committed, found *diagnostic.List) {
	for _, file := range compiled {
		was, is := sections(committed[file.Path]), sections(file.Content)
		for _, image := range d.Images {
			before, after := was[image.Name], is[image.Name]
			if !image.Tag.Present() || before.line == 0 || before.tag != after.tag {
				continue
			}
			if moved := difference(before.ingredients, after.ingredients); moved != "" {
				found.Warnf(diagnostic.StaleTag, image.Tag.Span, "the tag %s stays, but what %s is made of does not: %s", after.tag, image.Name, moved).
					WithHint("write another tag, or leave `tag` out: a content tag changes by itself").WithKey(image.Name)
			}
		}
	}
}
