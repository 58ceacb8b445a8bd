package terminal

import (
	"strings"
	"unicode/utf8"
)

// Look says what a stream can show. The zero Look is plain ASCII without a limit of width.
type Look struct {
	// IsColoured allows escape codes for colours.
	IsColoured bool
	// IsUTF8 allows characters outside of ASCII.
	IsUTF8 bool
	// Width is the number of columns; 0 if lines may have any length.
	Width int
}

// IsUTF8 reports whether the locale in an environment is UTF-8. The first variable that is set decides,
// https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02.
func IsUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(name)); locale != "" {
			return strings.HasSuffix(locale, "utf-8") || strings.HasSuffix(locale, "utf8")
		}
	}
	return false
}

// Style is the escape code of a kind of text; see ECMA-48, 8.3.117.
type Style string

// The styles.
const (
	Normal     Style = ""
	Bold       Style = "1"
	Dim        Style = "2"
	Red        Style = "31"
	Green      Style = "32"
	Yellow     Style = "33"
	Cyan       Style = "36"
	BoldRed    Style = "1;31"
	BoldYellow Style = "1;33"
)

// Paint returns a text in a style.
func (l Look) Paint(style Style, text string) string {
	if !l.IsColoured || style == Normal || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}

// Cut returns as much of a line as fits into a number of columns. A line that is cut ends in an ellipsis.
func (l Look) Cut(line string, columns int) string {
	if columns <= 0 || utf8.RuneCountInString(line) <= columns {
		return line
	}
	end := "..."
	if l.IsUTF8 {
		end = "…"
	}
	return string([]rune(line)[:max(0, columns-utf8.RuneCountInString(end))]) + end
}
