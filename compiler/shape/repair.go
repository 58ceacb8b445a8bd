package shape

import (
	"fmt"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// repair says what to write instead of a text that a constraint does not allow: the first known repair that the constraint allows.
func (c check) repair(want *Scalar, text string, at *path) string {
	if words := strings.Fields(text); at.isItem() && len(words) > 1 && c.allows(want, words[0]) {
		return "write each as an item of its own: `" + flow(words) + "`"
	}
	if strings.Contains(text, "$") && !strings.Contains(want.Say, "variable") {
		return "write the value itself: stemma compiles before GitLab sets a variable"
	}
	if before, comment, ok := strings.Cut(text, "#"); ok && c.allows(want, before) {
		return fmt.Sprintf("write a space before a comment: `%s #%s`", before, comment)
	}
	if name, tag, ok := strings.Cut(text, ":"); ok && c.allows(want, name) {
		return fmt.Sprintf("write %q, and what follows the ':' as a tag: `%q`", name, tag)
	}
	if strings.HasPrefix(text, "-") {
		return "remove it: options of a program have no place here"
	}
	for _, r := range repairs {
		if repaired := r.of(text); strings.Contains(want.Say, r.about) && repaired != text && c.allows(want, repaired) {
			return fmt.Sprintf("write %q", repaired)
		}
	}
	return ""
}

// repairs are what people often mean by a text that is not allowed, for the values whose description has the first word.
var repairs = []struct {
	about string
	of    func(string) string
}{
	{"", func(text string) string { return strings.Trim(text, "“”„‘’«» ") }},
	{"", func(text string) string { return strings.ReplaceAll(text, `\`, "/") }},
	{"variable", func(text string) string { return strings.Trim(text, "${}") }},
	{"platform", func(text string) string { return schema.Platform("linux/" + text) }},
	{"signal", func(text string) string { return "SIG" + strings.ToUpper(strings.TrimPrefix(text, "SIG")) }},
	{"project path", func(text string) string { return projectAddress().ReplaceAllString(text, "") }},
	{"a number", unit},
	{"image name", slug},
	{"a tag has", slug},
	{"a repository", strings.ToLower},
	{"absolute path", func(text string) string { return "/" + text }},
}

// slug is a text in the characters of names and tags. A reference has none.
func slug(text string) string {
	if strings.ContainsAny(text, ":@") {
		return text
	}
	return strings.Trim(separators().ReplaceAllString(strings.ToLower(text), "-"), "-")
}

var (
	projectAddress = pattern.Lazy(`^https?://[^/]*/|\.git$`)
	separators     = pattern.Lazy(`[^A-Za-z0-9._]+`)
	quantityText   = pattern.Lazy(`^([0-9]+) ?([A-Za-z]+)$`)
)

// unit is a quantity with the unit that a definition has for it.
func unit(text string) string {
	parts := quantityText().FindStringSubmatch(text)
	if parts == nil {
		return text
	}
	number, name := parts[1], strings.ToLower(parts[2])
	if seconds, err := strconv.Atoi(number); err == nil && name[0] == 's' {
		return strconv.Itoa(max((seconds+59)/60, 1)) + "m"
	}
	if size, ok := map[string]string{"k": "KiB", "m": "MiB", "g": "GiB", "mb": "MB", "gb": "GB", "kb": "kB"}[name]; ok {
		return number + size
	}
	return number + name[:1]
}
