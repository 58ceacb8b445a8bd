package fairy

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/pyyaml"
)

// Patterns are what a project asks of its commits beside.
type Patterns struct {
	// Deny are those that no commit may match, and Require those that each must.
	Deny, Require []Pattern
}

// Pattern is an expression that a commit may not match, or must match.
type Pattern struct {
	// Regexp may match anywhere in Where; ^ and $ match the beginning and end of any line.
	Regexp *regexp.Regexp
	// Where is the whole message when empty.
	Where Part
	// Message says what is wrong with the commit.
	Message string
}

// Part is the part of a message that a pattern is compared with.
type Part string

// The values of a Part.
const (
	Message Part = "message"
	Subject Part = "subject"
	Body    Part = "body"
)

// in reports whether a commit matches the pattern.
func (p Pattern) in(c Commit) bool {
	switch p.Where {
	case Subject:
		return p.Regexp.MatchString(c.Subject())
	case Body:
		return p.Regexp.MatchString(strings.TrimPrefix(c.Message, c.Subject()))
	default:
		return p.Regexp.MatchString(c.Message)
	}
}

// ReadRules reads the patterns of a rules file, in which $CI_ variables are replaced by their values:
//
//	patterns:
//	  deny:
//	    - regex: ^WIP
//	      message: the commit is not finished
//	      where: subject
//	  require: []
func ReadRules(file string, getenv func(string) string) (Patterns, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return Patterns{}, err
	}
	root, err := pyyaml.Parse(source)
	if err != nil {
		return Patterns{}, fmt.Errorf("%s: %w", file, err)
	}
	var read Patterns
	if rules := root.Get("patterns"); rules != nil {
		for _, field := range rules.Fields {
			var err error
			switch field.Key.Value {
			case "deny":
				read.Deny, err = readPatterns(field, "it matches ", getenv)
			case "require":
				read.Require, err = readPatterns(field, "it does not match ", getenv)
			default:
				err = fmt.Errorf("%d: %v is neither deny nor require", field.Key.Line, field.Key.Value)
			}
			if err != nil {
				return Patterns{}, fmt.Errorf("%s:%w", file, err)
			}
		}
	}
	return read, nil
}

// readPatterns reads a list, which may be empty. A pattern without a message gets one: wrong, followed by its regexp.
// Its errors begin with the number of a line.
func readPatterns(field pyyaml.Field, wrong string, getenv func(string) string) ([]Pattern, error) {
	list := field.Value
	if isEmpty := list.Kind == pyyaml.Scalar && list.Value == nil; list.Kind != pyyaml.List && !isEmpty {
		return nil, fmt.Errorf("%d: %v is not a list of patterns", list.Line, field.Key.Value)
	}
	var patterns []Pattern
	for _, item := range list.Items {
		pattern, err := readPattern(item, getenv)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", item.Line, err)
		}
		if pattern.Message == "" {
			pattern.Message = wrong + strings.TrimPrefix(pattern.Regexp.String(), multiline)
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
	compiled, err := regexp.Compile(multiline + expanded)
	where := Part(text("where"))
	switch {
	case text("regex") == "":
		return Pattern{}, errors.New("a pattern has no regex")
	case err != nil:
		return Pattern{}, fmt.Errorf("%q is not a regular expression: %w", text("regex"), err)
	case where != "" && where != Message && where != Subject && where != Body:
		return Pattern{}, fmt.Errorf("where is %q: it is %s, %s or %s", where, Subject, Body, Message)
	}
	return Pattern{Regexp: compiled, Where: where, Message: text("message")}, nil
}

// multiline makes ^ and $ those of lines.
const multiline = "(?m)"

var ciVariable = regexp.MustCompile(`\$\{?CI_[A-Z0-9_]+\}?`)
