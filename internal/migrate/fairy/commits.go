package fairy

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Commit is what a check looks at.
type Commit struct {
	ID, Author, Email string
	// Message begins with the subject.
	Message string
	// IsSigned says that the commit carries a signature, whoever made it. Git.Commits does not ask for it; Git.FindSigned does.
	IsSigned bool
}

// Subject is the first line of the message.
func (c Commit) Subject() string {
	subject, _, _ := strings.Cut(c.Message, "\n")
	return subject
}

// String names the commit for people.
func (c Commit) String() string { return fmt.Sprintf("%.8s: %s", c.ID, c.Subject()) }

// Rules are what commits are held to.
type Rules struct {
	// SignedOff asks for a Signed-off-by line where it is SignOffWanted, and refuses one where it is SignOffRefused.
	SignedOff SignOff
	// TextWidth is how many characters a subject may have; 0 for any number.
	TextWidth int
	// Signature asks for commits that carry a signature, by GPG or SSH. Whose it is stays unknown: jobs have no keys to compare with.
	Signature bool
	Patterns
}

// SignOff says what is asked of Signed-off-by lines.
type SignOff uint8

// The values of a SignOff.
const (
	SignOffIgnored SignOff = iota
	SignOffWanted
	SignOffRefused
)

// Check returns what is wrong with a commit.
func (r Rules) Check(c Commit) []string {
	var wrong []string
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	subject := c.Subject()
	lines := strings.Split(strings.TrimRight(c.Message, "\n"), "\n")
	switch {
	case strings.HasPrefix(subject, "fixup!"), strings.HasPrefix(subject, "squash!"), strings.HasPrefix(subject, "amend!"):
		fail("it is to be merged into another commit: run git rebase -i --autosquash")
	case subject == "":
		fail("it has no subject")
	}
	if length := utf8.RuneCountInString(subject); r.TextWidth > 0 && length > r.TextWidth {
		fail("its subject has %d characters, and may have %d", length, r.TextWidth)
	}
	if len(lines) > 1 && lines[1] != "" {
		fail("the second line of its message is not empty")
	}
	if c.Author == "" || c.Author == "root" || strings.HasSuffix(c.Email, "@localhost") || strings.HasSuffix(c.Email, "localhost.localdomain") {
		fail("its author is %s <%s>: set git's user.name and user.email", c.Author, c.Email)
	}
	// GitLab's web interface gives such an address to who hides theirs; one of GitHub was chosen.
	if strings.Contains(c.Email, "@users.noreply.") && !strings.HasSuffix(c.Email, "@users.noreply.github.com") {
		fail("its author's address is %s, which GitLab made up: set git's user.email", c.Email)
	}
	if isSigned := signedOff.MatchString(c.Message); r.SignedOff == SignOffWanted && !isSigned {
		fail("it has no Signed-off-by line: commit with --signoff")
	} else if r.SignedOff == SignOffRefused && isSigned {
		fail("it has a Signed-off-by line, which this project does not use")
	}
	if r.Signature && !c.IsSigned {
		fail("it is not signed: commit with --gpg-sign")
	}
	for _, pattern := range r.Deny {
		if pattern.in(c) {
			fail("%s", pattern.Message)
		}
	}
	for _, pattern := range r.Require {
		if !pattern.in(c) {
			fail("%s", pattern.Message)
		}
	}
	return wrong
}

var signedOff = regexp.MustCompile(`(?m)^Signed-off-by: .+ <.+>$`)
