package imagejobs

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// mentions says what to write where other commands and services have a name that no job pushes any more.
func (c *conversion) mentions() {
	for _, j := range c.jobs {
		if c.tested[j.Name] != nil {
			continue
		}
		commands := j.plain
		if releases, _ := c.promoted(j); len(releases)+len(j.builds) == 0 {
			commands = append(commands, j.upkeep...)
		}
		for _, command := range commands {
			for _, arg := range command.Args {
				c.mention(command.At, arg)
			}
		}
		for _, service := range jobkeys.Flat(j.Keys.Get("services")) {
			if name := service.Get("name"); name != nil {
				service = name
			}
			text, _ := j.variables.Expand(service.String())
			c.mention(service.At, dollar.ReplaceAllString(text, "$${$1}"))
		}
	}
}

// mention looks for such names in an argument. The tag alone is one too, as in `--set image.tag=$CI_COMMIT_SHA`.
func (c *conversion) mention(at diagnostic.Span, arg string) {
	key := ""
	for _, word := range words(arg) {
		isTag := strings.HasSuffix(strings.ToLower(key), "tag")
		if i := c.gone(word, isTag); i != nil {
			c.report.Look(at, word, "no job pushes this any more: let the job extend `.fdo.distribution-image@%s`, keep its `image`, and write `$FDO_DISTRIBUTION_IMAGE`, which has repository and tag", i.made.Name)
		}
		key = word
	}
}

// gone is the image that had a name, or only a tag, before the import and has no longer.
func (c *conversion) gone(word string, isTag bool) *image {
	if !script.IsOpen(word) {
		return nil
	}
	name := c.reference(word)
	for _, i := range c.converted() {
		for _, b := range i.builds {
			for _, p := range b.pushed {
				_, tag, _ := imagetool.Cut(p.name)
				isOpen := script.IsOpen(tag) && tag != "${CI_COMMIT_TAG}"
				isMoved := own(p.name) != "" && own(p.name) != i.made.Name
				if p.name == name && (isOpen || isMoved) || isTag && tag == word && isOpen {
					return i
				}
			}
		}
	}
	return nil
}

// words are the parts of an argument between spaces, quotes, commas and equals signs.
func words(arg string) []string {
	var out []string
	begin := 0
	mask := script.Mask(arg) + " "
	for i := range len(mask) {
		if strings.IndexByte(" \t\n\"',=;", mask[i]) >= 0 {
			if begin < i {
				out = append(out, arg[begin:i])
			}
			begin = i + 1
		}
	}
	return out
}
