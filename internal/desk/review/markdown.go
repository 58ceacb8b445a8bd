package review

import (
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// maxSection is the longest text of a section, in bytes. GitLab accepts 1,000,000 characters in a comment, but shows long ones slowly or not
// at all.
const maxSection = 15_000

// Markdown returns the review as a comment, at most 100,000 bytes long. All that the project says is in blocks of code: GitLab finds neither
// HTML nor users, links and commands there. More is Markdown that says where the whole review is; it may be empty.
func (r Review) Markdown(more string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "**%s**\n\n", r.title())
	out.WriteString(block("text", shorten(r.Diff.Summary(), maxSection)))
	if drawing, isShort := r.mermaid(); drawing != "" {
		out.WriteString("\n" + block("mermaid", drawing))
		if isShort {
			out.WriteString("\nThe graph leaves out the images that are only rebuilt because of others.\n")
		}
	}
	for _, section := range r.Diff.Sections() {
		if len(section.Text) > maxSection {
			section = r.Diff.Shorten(section)
		}
		fmt.Fprintf(&out, "\n<details><summary>%s</summary>\n\n%s\n</details>\n", section.Heading, block("text", shorten(section.Text, maxSection)))
	}
	if more != "" {
		out.WriteString("\n" + more + "\n")
	}
	return out.String()
}

// title says in one sentence what the change does.
func (r Review) title() string {
	switch d := r.Diff; {
	case d.HasFindings():
		return "The images cannot be compared"
	case d.IsEmpty():
		return "No effect on images and jobs"
	case len(d.Rebuilt) == 0:
		return "No image is rebuilt"
	case d.Total == 1:
		return "The image is rebuilt"
	case len(d.Rebuilt) == 1:
		return fmt.Sprintf("1 of %d images is rebuilt", d.Total)
	default:
		return fmt.Sprintf("%d of %d images are rebuilt", len(d.Rebuilt), d.Total)
	}
}

// shorten returns the beginning of a text, in whole lines if they are not very long.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	text = strings.ToValidUTF8(text[:most], "")
	if end := strings.LastIndex(text, "\n"); end > most/2 {
		text = text[:end]
	}
	return text + "\n… cut, since the comment would be too long: review.txt and `stemma diff` show everything\n"
}

// block returns a text as a block of code. The fence is longer than each row of backticks in the text.
func block(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + strings.TrimSuffix(terminal.Text(text), "\n") + "\n" + fence + "\n"
}
