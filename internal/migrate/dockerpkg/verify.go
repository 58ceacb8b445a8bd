package dockerpkg

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
	"gitlab.com/stemma-ci/stemma/schema"
)

// What docker-pkg verifies images with unless its configuration says otherwise.
const (
	verifyCommand  = "/bin/bash"
	verifyArgument = "{path}/test.sh {image}"
)

// verification is the command that docker-pkg runs beside each finished image.
type verification struct {
	words []string
	// isPreset says that it is docker-pkg's own, the script test.sh.
	isPreset bool
}

// verification reads the keys verify_command and verify_args; it is docker-pkg's own where another cannot be kept.
func (c *conversion) verification() verification {
	preset := verification{[]string{verifyCommand, "-c", verifyArgument}, true}
	command, _ := c.tree.config.values.Get("verify_command")
	args, _ := c.tree.config.values.Get("verify_args")
	list, isList := args.(*jinja.List)
	words := []any{command}
	if isList {
		words = append(words, list.Items...)
	}
	var v verification
	for _, word := range words {
		text, isText := word.(string)
		if _, ok := fill(text, "", ""); !isText || !isList || !ok || strings.ContainsAny(text, "\x00\n\\'\"") {
			c.leaveVerification()
			return preset
		}
		v.words = append(v.words, text)
	}
	v.isPreset = slices.Equal(v.words, preset.words)
	return v
}

// leaveVerification says that a command of the configuration is not taken over.
func (c *conversion) leaveVerification() {
	for _, name := range []string{"verify_command", "verify_args"} {
		if key, _ := c.tree.config.key(name); key != nil {
			c.report.Missing(c.tree.config.at(key), name, "it is more than words with {path} and {image}, so an image's test.sh is run by itself, with the image as its argument")
		}
	}
}

// tests is the verification of an image: outside of it, as in docker-pkg. Where a path that the command names is nowhere there is none.
func (c *conversion) tests(i *image) []importer.Test {
	if c.verify.isPreset {
		return c.script(i)
	}
	const mark = "\n"
	var words []string
	for n, word := range c.verify.words {
		for part := range strings.FieldsSeq(word) {
			if place, ok := fill(part, i.folder, mark); n > 0 && ok && strings.Contains(part, "{path}") && !c.exists(place) {
				return nil
			}
		}
		filled, _ := fill(word, path.Clean(c.path(i, "")), mark)
		words = append(words, shellWord(strings.Split(filled, mark)))
	}
	c.looks.Add(c.verifyAt(), "verify_command", "the tests of images run in stemma's own image, where "+c.verify.words[0]+" has to be", i.name)
	return []importer.Test{{Name: "verify", Run: strings.Join(words, " "), Outside: true}}
}

// callsDocker matches what a script can only do with a daemon, or with another builder than the one of the jobs.
var callsDocker = regexp.MustCompile(`(?m)(?:^|[\s;&|($` + "`" + `])(docker|podman)[ \t]`)

// script is an image's test script as docker-pkg runs it, with the image as its argument.
func (c *conversion) script(i *image) []importer.Test {
	if !i.files[testFile] {
		return nil
	}
	if source, ok := c.tree.read(path.Join(i.folder, testFile)); ok {
		if match := callsDocker.FindStringSubmatch(string(source)); match != nil {
			c.looks.Add(c.tree.at(path.Join(i.folder, testFile), 0, 0), testFile,
				"it calls "+match[1]+", which stemma's own image lacks: write what it checks as `tests` that run inside the image", i.name)
		}
	}
	run := quoted("./"+c.path(i, testFile)) + ` "$` + schema.VarImageReference + `"`
	return []importer.Test{{Name: testFile, Run: run, Outside: true}}
}

// shellWord is a word of a shell with the image between its parts.
func shellWord(parts []string) string {
	for n, part := range parts {
		if part != "" || len(parts) == 1 {
			parts[n] = quoted(part)
		}
	}
	return strings.Join(parts, `"$`+schema.VarImageReference+`"`)
}

// quoted is a text as a shell takes it for one word.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// fill puts the folder and the image into a word, as docker-pkg does; false is a word that would end docker-pkg with an error.
func fill(word, folder, image string) (string, bool) {
	rest := strings.NewReplacer("{path}", "", "{image}", "", "{{", "", "}}", "").Replace(word)
	return strings.NewReplacer("{path}", folder, "{image}", image, "{{", "{", "}}", "}").Replace(word), !strings.ContainsAny(rest, "{}")
}

func (c *conversion) exists(name string) bool {
	_, err := fs.Stat(c.tree.fsys, path.Clean(name))
	return err == nil
}

func (c *conversion) verifyAt() diagnostic.Span {
	key, _ := c.tree.config.key("verify_command")
	if key == nil {
		key, _ = c.tree.config.key("verify_args")
	}
	return c.tree.config.at(key)
}
