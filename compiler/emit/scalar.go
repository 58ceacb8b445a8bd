package emit

import (
	"regexp"
	"strings"
	"unicode"
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
	r, _ := utf8.DecodeRuneInString(text[1:])
	return (text[0] == '.' || text[0] == '-' || text[0] == '+') && unicode.IsLetter(r)
}

// notText matches what some reader takes for no text: words of YAML 1.1 and 1.2 in any case, and whatever begins like a
// number or a date, since readers differ in what may follow.
var notText = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nil|~|=|<<|[-+]?\.(inf|nan)|[-+]?\.?[0-9].*|---.*|\.\.\..*)$`)

// isPrintable follows YAML 1.2's c-printable without what readers normalize: next line, line and paragraph separators,
// byte order mark.
func isPrintable(r rune) bool {
	switch {
	case r == utf8.RuneError, r == '\u0085', r == '\u2028', r == '\u2029', r == '\ufeff':
		return false
	case r < 0x20 || r == 0x7f:
		return false
	case r > 0x7f && r < 0xa0:
		return false
	case r >= 0xfffe && r <= 0xffff:
		return false
	}
	return r < 0x10000 || unicode.IsPrint(r)
}

func appendQuoted(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\r':
			b = append(b, `\r`...)
		case isPrintable(r):
			b = utf8.AppendRune(b, r)
		case r < 0x100:
			b = append(b, '\\', 'x', hex[r>>4], hex[r&15])
		case r < 0x10000:
			b = append(b, '\\', 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			b = append(b, '\\', 'U', '0', '0', hex[r>>20], hex[r>>16&15], hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
	}
	return append(b, '"')
}
