package emit

import (
	"fmt"
	"regexp"
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
	if text == "" || strings.HasPrefix(text, " ") || strings.HasSuffix(text, " ") || strings.HasSuffix(text, ":") {
		return false
	}
	if strings.ContainsRune("-?:,[]{}#&*!|>'\"%@`=<~.+", rune(text[0])) && !isSafeStart(text) {
		return false
	}
	if strings.Contains(text, ": ") || strings.Contains(text, " #") || strings.Contains(text, ":\t") || strings.Contains(text, "\t") {
		return false
	}
	if inFlow && strings.ContainsAny(text, ",[]{}:?") {
		return false
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !isPrintable(r) }) {
		return false
	}
	return !notText.MatchString(text)
}

// isSafeStart allows what begins with a dot, a dash or a plus and a letter, such as names of hidden jobs and options.
func isSafeStart(text string) bool {
	if len(text) < 2 || !strings.ContainsRune(".-+", rune(text[0])) {
		return false
	}
	letter := text[1] | 0x20
	return letter >= 'a' && letter <= 'z'
}

// notText matches what some reader takes for no text: words of YAML 1.1 and 1.2 in any case, and whatever begins like a
// number or a date, since readers disagree about the characters that may follow.
var notText = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nil|~|=|<<|[-+]?\.(inf|nan)|[-+]?\.?[0-9].*|---.*|\.\.\..*)$`)

// isPrintable reports whether a character needs no escape: YAML's c-printable without what a reader takes for the end
// of a line and without what a reviewer cannot see or sees in another order. The ranges are written out because Go's own
// tables grow with Unicode, and files must not change with them.
func isPrintable(r rune) bool {
	switch {
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
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case isPrintable(r):
			b = utf8.AppendRune(b, r)
		default:
			b = appendEscape(b, r)
		}
	}
	return append(b, '"')
}

// appendEscape writes a character as it is written between double quotes.
func appendEscape(b []byte, r rune) []byte {
	switch {
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
