package imagejobs

import (
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// tests makes tests of the commands that run an image.
func (c *conversion) tests() {
	for _, j := range c.jobs {
		for _, a := range j.actions {
			run, ok := a.does.(imagetool.Run)
			if !ok {
				continue
			}
			b := c.meant(localNames(j), run.Image)
			if b == nil || b.image == nil || b.image.out {
				c.looks.Add(a.command.At, "run "+run.Image, "the job runs an image that is not in the definition: keep this in a job of your own", j.label)
				continue
			}
			c.test(b.image, a.command, run)
		}
	}
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

func (c *conversion) test(i *image, command script.Command, run imagetool.Run) {
	words := slices.Clone(run.Command)
	if run.Entrypoint != "" {
		words = append([]string{run.Entrypoint}, words...)
	}
	text := quote(words)
	switch {
	case !run.IsPlain || len(words) == 0 || script.IsOpen(text) || strings.HasPrefix(words[0], "-"):
		c.looks.Add(command.At, "run "+i.made.Name, "the job runs the image with options or files of its own: write it as a test with `outside: true`, or keep the job", i.made.Name)
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
