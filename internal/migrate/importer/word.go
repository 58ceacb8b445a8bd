package importer

import (
	"regexp"
	"sync"

	"gitlab.com/stemma-ci/stemma/compiler/shape"
)

// Word is a kind of text of the language. What others write is converted only where the language takes it.
type Word struct{ patterns func() []*regexp.Regexp }

// The kinds of text that systems have in common with the language, by their names in schema/definition.cue.
var (
	AbsolutePath = word("AbsolutePath")
	CPUSet       = word("CPUSet")
	Duration     = word("Duration")
	Glob         = word("Glob")
	ImageName    = word("ImageName")
	LabelName    = word("LabelName")
	Line         = word("Line")
	Package      = word("Package")
	ParentName   = word("ParentName")
	Path         = word("Path")
	Platform     = word("Platform")
	ProjectPath  = word("ProjectPath")
	ProxyURL     = word("ProxyURL")
	Ref          = word("Ref")
	Repository   = word("Repository")
	RunnerTag    = word("RunnerTag")
	SecretID     = word("SecretID")
	Signal       = word("Signal")
	Stage        = word("Stage")
	User         = word("User")
	UserName     = word("UserName")
	VariableName = word("VariableName")
	Version      = word("Version")
)

// Takes reports whether the language takes a text as one of the kind.
func (w Word) Takes(text string) bool {
	patterns := w.patterns()
	for _, pattern := range patterns {
		if !pattern.MatchString(text) {
			return false
		}
	}
	return len(patterns) > 0
}

// word is the kind of a definition. Its expressions are made when they are first used: other commands would pay for them.
func word(definition string) Word {
	return Word{sync.OnceValue(func() []*regexp.Regexp {
		kind, err := shape.Definition(definition)
		if err != nil || kind.Scalar == nil {
			return nil // a fault of the schema, which a test finds
		}
		var made []*regexp.Regexp
		for _, constraint := range kind.Scalar.Patterns {
			pattern, err := regexp.Compile(constraint.Text)
			if err != nil {
				return nil
			}
			made = append(made, pattern)
		}
		return made
	})}
}
