package imagejobs

import (
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// tests makes tests of the commands that run an image, and notes the jobs that do nothing else.
func (c *conversion) tests() {
	c.tested = map[string][]string{}
	for _, list := range c.byName() {
		var of []string
		isReplaced := true
		for _, j := range list {
			for _, a := range j.actions {
				i := c.testedBy(j, a)
				switch {
				case i == nil:
					isReplaced = false
				case !slices.Contains(of, i.made.Name):
					of = append(of, i.made.Name)
				}
			}
		}
		if isReplaced && of != nil {
			c.tested[list[0].Name] = of
		}
	}
}

// testedBy makes a test of a command, and returns its image; nil is a command that is no test.
func (c *conversion) testedBy(j *job, a action) *image {
	run, ok := a.does.(imagetool.Run)
	if !ok {
		return nil
	}
	b := c.meant(localNames(j), run.Image)
	if b == nil || b.image == nil || b.image.out {
		c.looks.Add(a.command.At, "run "+run.Image, "the job runs an image that is not in the definition: keep this in a job of your own", j.label)
		return nil
	}
	if !c.test(b.image, a.command, run) {
		return nil
	}
	return b.image
}

func localNames(j *job) map[string]*build {
	out := map[string]*build{}
	for _, b := range j.builds {
		for _, name := range b.names {
			out[name] = b
		}
	}
	return out
}

// test makes a test of a command that runs an image, if it can be one.
func (c *conversion) test(i *image, command script.Command, run imagetool.Run) bool {
	words := slices.Clone(run.Command)
	if run.Entrypoint != "" {
		words = append([]string{run.Entrypoint}, words...)
	}
	text := quote(words)
	switch {
	case !run.IsPlain || len(words) == 0 || script.IsOpen(text) || strings.HasPrefix(words[0], "-"):
		c.looks.Add(command.At, "run "+i.made.Name, "the job runs the image with options or files of its own: write it as a test with `outside: true`, or keep the job", i.made.Name)
		return false
	case slices.ContainsFunc(i.made.Tests, func(t importer.Test) bool { return t.Run == text }):
	default:
		name := text
		if len(name) > 60 {
			name = name[:60]
		}
		if !importer.Line.Takes(name) {
			name = words[0]
		}
		i.made.Tests = append(i.made.Tests, importer.Test{Name: name, Run: text})
		c.looks.Add(command.At, "tests", "a command that runs the image is a test of it now: if the image has an entrypoint, look at it", i.made.Name)
	}
	return true
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote is a command as a shell reads it. What `sh -c` gets is shell already.
func quote(words []string) string {
	if len(words) == 3 && (words[0] == "sh" || words[0] == "bash") && words[1] == "-c" {
		return words[2]
	}
	var out []string
	for _, word := range words {
		if !plainWord.MatchString(word) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}
