package dockerpkg

import (
	"regexp"
	"strings"
)

// instruction is one instruction of a Dockerfile.
type instruction struct {
	// keyword is in upper case.
	keyword string
	// from and to are its offsets in the source, its last newline among it.
	from, to int
	// line counts from one.
	line int
}

var (
	keywordWord = regexp.MustCompile(`^\s*([A-Za-z]+)\s`)
	escapeLine  = regexp.MustCompile("(?i)^#\\s*escape\\s*=\\s*([\\\\`])\\s*$")
	heredoc     = regexp.MustCompile(`<<-?["']?([A-Za-z_][A-Za-z0-9_]*)["']?`)
)

// instructions cuts a Dockerfile into its instructions: with continued lines and the here-documents of RUN and COPY.
func instructions(source string) []instruction {
	var out []instruction
	escape := `\`
	var current *instruction
	ends := []string(nil) // the ends of the documents that are open
	offset, line := 0, 0
	for text := range strings.Lines(source) {
		line++
		from := offset
		offset += len(text)
		bare := strings.TrimRight(text, "\r\n")
		if len(ends) > 0 {
			if strings.TrimLeft(bare, "\t") == ends[0] {
				ends = ends[1:]
			}
			current.to = offset
			if len(ends) == 0 {
				current = nil
			}
			continue
		}
		if m := escapeLine.FindStringSubmatch(bare); m != nil && len(out) == 0 {
			escape = m[1]
		}
		if strings.HasPrefix(strings.TrimSpace(bare), "#") || current == nil && strings.TrimSpace(bare) == "" {
			continue
		}
		if current == nil {
			m := keywordWord.FindStringSubmatch(bare + " ")
			if m == nil {
				continue
			}
			out = append(out, instruction{keyword: strings.ToUpper(m[1]), from: from, line: line})
			current = &out[len(out)-1]
		}
		current.to = offset
		if strings.HasSuffix(strings.TrimRight(bare, " \t"), escape) || strings.TrimSpace(bare) == "" {
			continue
		}
		if ends = documents(source, current, offset); len(ends) == 0 {
			current = nil
		}
	}
	return out
}

// documents are the ends of the documents that begin in an instruction and do end.
func documents(source string, i *instruction, behind int) []string {
	if i.keyword != "RUN" && i.keyword != "COPY" && i.keyword != "ADD" {
		return nil
	}
	var ends []string
	for _, m := range heredoc.FindAllStringSubmatch(source[i.from:i.to], -1) {
		if strings.Contains("\n"+strings.ReplaceAll(source[behind:], "\t", "")+"\n", "\n"+m[1]+"\n") {
			ends = append(ends, m[1])
		}
	}
	return ends
}

// imagePlace is a place of a Dockerfile that names an image.
type imagePlace struct {
	// from and to are the offsets of the name.
	from, to int
	line     int
	// isFrom says that it follows FROM, where arguments are filled in.
	isFrom bool
	// as is the name of the stage.
	as string
}

var (
	fromWord  = regexp.MustCompile(`(?i)^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?`)
	copyFrom  = regexp.MustCompile(`\s--from=(\S+)`)
	mountFrom = regexp.MustCompile(`\s--mount=\S*?\bfrom=([^,\s]+)`)
)

// imagePlaces returns the places that name images, in their order.
func imagePlaces(source string) []imagePlace {
	var out []imagePlace
	for _, i := range instructions(source) {
		text := source[i.from:i.to]
		switch i.keyword {
		case "FROM":
			m := fromWord.FindStringSubmatchIndex(text)
			if m == nil {
				continue
			}
			place := imagePlace{from: i.from + m[2], to: i.from + m[3], line: i.line, isFrom: true}
			if m[4] >= 0 {
				place.as = text[m[4]:m[5]]
			}
			out = append(out, place)
		case "COPY", "ADD":
			out = append(out, flagged(copyFrom, text, i)...)
		case "RUN":
			out = append(out, flagged(mountFrom, text, i)...)
		}
	}
	return out
}

// flagged returns the places that flags of an instruction name.
func flagged(flag *regexp.Regexp, text string, i instruction) []imagePlace {
	var out []imagePlace
	for _, m := range flag.FindAllStringSubmatchIndex(text, -1) {
		out = append(out, imagePlace{from: i.from + m[2], to: i.from + m[3], line: i.line + strings.Count(text[:m[2]], "\n")})
	}
	return out
}
