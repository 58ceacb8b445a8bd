// Package edit changes the versions of images in a project's files, and what its pipeline includes, without touching any other byte.
package edit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Edit replaces a part of a file.
type Edit struct {
	File           string
	Offset, Length int
	New            string
}

// Apply returns a file's content after its edits. Edits that overlap are an error, unless they are the same.
func Apply(content string, edits []Edit) (string, error) {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b Edit) int { return cmp.Compare(a.Offset, b.Offset) })
	edits = slices.Compact(edits)
	var out strings.Builder
	at := 0
	for _, edit := range edits {
		if edit.Offset < at || edit.Offset+edit.Length > len(content) {
			return "", fmt.Errorf("%s is to be changed twice at one place", edit.File)
		}
		out.WriteString(content[at:edit.Offset])
		out.WriteString(edit.New)
		at = edit.Offset + edit.Length
	}
	out.WriteString(content[at:])
	return out.String(), nil
}

// LineOffset returns where a line begins; lines count from one.
func LineOffset(content string, line int) int {
	at := 0
	for range line - 1 {
		at += strings.IndexByte(content[at:], '\n') + 1
	}
	return at
}

// Reference is an image whose tag changes: a repository as files write it, and its two tags.
type Reference struct{ Repository, Old, New string }

// References finds a reference in a file, exactly: not as a part of a longer repository or tag.
func References(file, content string, r Reference) []Edit {
	var edits []Edit
	whole := r.Repository + ":" + r.Old
	for at := 0; ; {
		i := strings.Index(content[at:], whole)
		if i < 0 {
			return edits
		}
		begin := at + i
		end := begin + len(whole)
		if !isPrecededByMore(content[:begin]) && !isFollowedByMore(content[end:]) {
			edits = append(edits, Edit{File: file, Offset: end - len(r.Old), Length: len(r.Old), New: r.New})
		}
		at = end
	}
}

// isPrecededByMore reports whether the text before a repository continues it.
func isPrecededByMore(before string) bool {
	return before != "" && (isWord(before[len(before)-1]) || strings.IndexByte("./:-@", before[len(before)-1]) >= 0)
}

// isFollowedByMore reports whether the text after a tag continues it, or pins it to a digest. A full stop may end a sentence.
func isFollowedByMore(after string) bool {
	joint := strings.TrimLeft(after, ".-")
	switch {
	case after == "":
		return false
	case isWord(after[0]) || after[0] == '@':
		return true
	default:
		return len(joint) < len(after) && joint != "" && isWord(joint[0])
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
