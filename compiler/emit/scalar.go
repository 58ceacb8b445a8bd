package emit

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// appendScalar prints text on one line: plain where every reader of YAML 1.1 and 1.2 takes it for the same text, in
// quotes otherwise.
func appendScalar(b []byte, text string, inFlow bool) []byte {
	switch {
	case isPlain(text, inFlow):
		return append(b, text...)
	case strings.ContainsAny(text, `"\\`) && !strings.ContainsFunc(text, func(r rune) bool { return !isPrintable(r) }):
		return append(append(append(b, '\''), strings.ReplaceAll(text, "'", "''")...), '\'')
	default:
		return appendQuoted(b, text)
	}
}

func isPlain(text string, inFlow bool) bool {
	if text == "" || text[0] == ' ' || text[len(text)-1] == ' ' {
		return false
	}
	if strings.IndexByte("-?:,[]{}#&*!|>'\"%@`=<~.+", text[0]) >= 0 && !isSafeStart(text) {
		return false
	}
	for i, r := range text {
		switch {
		case !isPrintable(r):
			return false
		case r == ':' && (i == len(text)-1 || text[i+1] == ' '), r == '#' && i > 0 && text[i-1] == ' ':
			return false
		case inFlow && strings.ContainsRune(",[]{}:?", r):
			return false
		}
	}
	return !isWord(text) && !isNumber(text) && !strings.HasPrefix(text, "---") && !strings.HasPrefix(text, "...")
}

// isSafeStart allows what begins with a dot, a dash or a plus and a letter, such as names of hidden jobs and options.
func isSafeStart(text string) bool {
	if len(text) < 2 || !strings.ContainsRune(".-+", rune(text[0])) {
		return false
	}
	letter := text[1] | 0x20
	return letter >= 'a' && letter <= 'z'
}

// words are those that some reader of YAML 1.1 or 1.2 does not take for text, in any case.
var words = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nil", "~", "=", "<<"}

func isWord(text string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(text, word) })
}

// isNumber reports whether some reader takes text for a number or a date: whatever begins like one, since readers disagree about the
// characters that may follow.
func isNumber(text string) bool {
	if text[0] == '-' || text[0] == '+' {
		text = text[1:]
	}
	if strings.EqualFold(text, ".inf") || strings.EqualFold(text, ".nan") {
		return true
	}
	text = strings.TrimPrefix(text, ".")
	return text != "" && text[0] >= '0' && text[0] <= '9'
}

// isPrintable reports whether a character needs no escape: YAML's c-printable without what a reader takes for the end
// of a line and without what a reviewer cannot see or sees in another order. The ranges are written out because Go's own
// tables grow with Unicode, and files must not change with them.
func isPrintable(r rune) bool {
	switch {
	case r >= 0x20 && r < 0x7f:
		return true
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xad: // control characters with next line, soft hyphen
		return false
	case r == 0x61c, r == 0x200b, r == 0x200e, r == 0x200f, r >= 0x2060 && r <= 0x206f: // zero width, direction
		return false
	case r >= 0x2028 && r <= 0x202e: // line and paragraph separators, direction
		return false
	case r == 0xfeff, r >= 0xfff9 && r <= 0xffff: // byte order mark, specials
		return false
	}
	return r < 0xe0000 || r > 0xe007f // tags
}

func appendQuoted(b []byte, text string) []byte {
	b = append(b, '"')
	for _, r := range text {
		if r == '"' || r == '\\' {
			b = append(b, '\\')
		}
		b = appendVisible(b, r)
	}
	return append(b, '"')
}

// appendVisible writes a character that needs an escape as it is written between double quotes.
func appendVisible(b []byte, r rune) []byte {
	switch {
	case isPrintable(r):
		return utf8.AppendRune(b, r)
	case r == '\n':
		return append(b, `\n`...)
	case r == '\t':
		return append(b, `\t`...)
	case r == '\r':
		return append(b, `\r`...)
	case r < 0x100:
		return fmt.Appendf(b, `\x%02x`, r)
	case r < 0x10000:
		return fmt.Appendf(b, `\u%04x`, r)
	default:
		return fmt.Appendf(b, `\U%08x`, r)
	}
}
