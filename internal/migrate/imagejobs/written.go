package imagejobs

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// write is a file below the project's root that a script writes.
type write struct {
	file    string
	text    script.Text
	isAdded bool
	// isSecret says that a variable with a name of secrets is written.
	isSecret bool
}

// write notes a file that a command writes.
func (c *conversion) write(j *job, command script.Command) {
	args := unwrap(command.Args)
	name := command.Output
	if name == "" && len(args) > 1 && args[0] == "tee" {
		name = args[len(args)-1]
		command.IsAdded = slices.Contains(args, "-a")
	}
	if name == "" || command.IsInner || strings.HasPrefix(name, "~") {
		return
	}
	file := script.Below(command.Dir, name)
	if strings.HasPrefix(file, "$") || strings.HasPrefix(file, "/") || strings.HasPrefix(file, "..") {
		return
	}
	isSecret := slices.ContainsFunc(args, func(arg string) bool { return script.IsOpen(arg) && secretName.MatchString(arg) })
	j.actions = append(j.actions, action{command, write{file, command.Printed, command.IsAdded, isSecret}})
}

// scripted is the text that the script writes to a file before a build. It is not whole if branches write different ones.
func (c *conversion) scripted(b *build, file string) (text script.Text, ok bool) {
	for _, a := range b.before {
		w, isWrite := a.does.(write)
		switch {
		case !isWrite || w.file != file:
			continue
		case !w.isAdded && ok:
			w.text.IsWhole = w.text.IsWhole && w.text == text
		case w.isAdded && !ok:
			before, isThere := c.content(file)
			w.text = script.Text{Value: string(before) + w.text.Value, IsWhole: isThere && w.text.IsWhole}
		case w.isAdded:
			w.text = script.Text{Value: text.Value + w.text.Value, IsWhole: text.IsWhole && w.text.IsWhole}
		}
		text, ok = w.text, true
	}
	return text, ok
}

// written names the files that the script writes into the context before the build.
func (c *conversion) written(i *image, b *build) {
	for _, a := range b.before {
		w, ok := a.does.(write)
		switch {
		case !ok || b.isInline && w.file == b.scriptFile || b.context != "." && !strings.HasPrefix(w.file, b.context+"/"):
		case w.isSecret:
			c.lost.Add(a.command.At, w.file, "the script writes a secret to this file for the build: mount it with `RUN --mount=type=secret`, and name its CI variable in `build: {secrets: …}`", i.made.Name)
		default:
			c.lost.Add(a.command.At, w.file, "the script writes this file before the build, and a build has only the files that git has: commit it, or make it in the Containerfile", i.made.Name)
		}
	}
}
