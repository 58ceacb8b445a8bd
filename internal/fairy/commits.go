package fairy

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/internal/pyyaml"
)

// Commit is what a check looks at.
type Commit struct {
	ID, Author, Email string
	// Message begins with the subject.
	Message string
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
	// Deny are patterns that no commit may match.
	Deny []Pattern
}

// SignOff says what is asked of Signed-off-by lines.
type SignOff uint8

// The values of a SignOff.
const (
	SignOffIgnored SignOff = iota
	SignOffWanted
	SignOffRefused
)

// Pattern is something that may not stand in a commit.
type Pattern struct {
	// Regexp is matched against the subject, or against the whole message.
	Regexp   *regexp.Regexp
	Anywhere bool
	Message  string
}

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
	if strings.Contains(c.Email, "@users.noreply.") {
		fail("its author's address is %s, which GitLab made up: set git's user.email", c.Email)
	}
	if isSigned := signedOff.MatchString(c.Message); r.SignedOff == SignOffWanted && !isSigned {
		fail("it has no Signed-off-by line: commit with --signoff")
	} else if r.SignedOff == SignOffRefused && isSigned {
		fail("it has a Signed-off-by line, which this project does not use")
	}
	for _, pattern := range r.Deny {
		text := subject
		if pattern.Anywhere {
			text = c.Message
		}
		if pattern.Regexp.MatchString(text) {
			fail("%s", pattern.Message)
		}
	}
	return wrong
}

var signedOff = regexp.MustCompile(`(?m)^Signed-off-by: .+ <.+>$`)

// ReadRules reads the patterns of a rules file, in which $CI_ variables stand for their values:
//
//	patterns:
//	  deny:
//	    - regex: ^WIP
//	      message: the commit is not finished
//	      where: subject
func ReadRules(file string, getenv func(string) string) ([]Pattern, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	root, err := pyyaml.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var patterns []Pattern
	deny := root.Get("patterns").Get("deny")
	if deny == nil {
		return nil, nil
	}
	for _, item := range deny.Items {
		pattern, err := readPattern(item, getenv)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, item.Line, err)
		}
		patterns = append(patterns, pattern)
	}
	return patterns, nil
}

func readPattern(item *pyyaml.Node, getenv func(string) string) (Pattern, error) {
	text := func(key string) string {
		if value := item.Get(key); value != nil {
			if text, ok := value.Value.(string); ok {
				return text
			}
		}
		return ""
	}
	expanded := ciVariable.ReplaceAllStringFunc(text("regex"), func(name string) string {
		return regexp.QuoteMeta(getenv(strings.Trim(name, "${}")))
	})
	compiled, err := regexp.Compile(expanded)
	switch where := text("where"); {
	case text("regex") == "":
		return Pattern{}, errors.New("a pattern has no regex")
	case err != nil:
		return Pattern{}, fmt.Errorf("%q is not a regular expression: %w", text("regex"), err)
	case where != "" && where != "subject" && where != "message":
		return Pattern{}, fmt.Errorf("where is %q: it is subject or message", where)
	}
	message := text("message")
	if message == "" {
		message = "it matches " + text("regex")
	}
	return Pattern{Regexp: compiled, Anywhere: text("where") != "subject", Message: message}, nil
}

var ciVariable = regexp.MustCompile(`\$\{?CI_[A-Z0-9_]+\}?`)
