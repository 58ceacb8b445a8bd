package containerfile

import (
	"cmp"
	"path"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// mounts are those of a command as they are written. They are read in full only once they are expanded, if into themselves.
func mounts(command *instructions.RunCommand) (mounts []*instructions.Mount, ok bool) {
	if err := command.Expand(func(word string) (string, error) { return word, nil }); err != nil {
		return nil, false
	}
	return instructions.GetMounts(command), true
}

// mount notes the ids of the secrets that a command mounts; without an id it is the last part of the target.
func (w *walk) mount(command *instructions.RunCommand, env environment) {
	mounts, _ := mounts(command) // a mistake in them is the build's to find
	for _, mount := range mounts {
		if mount.Type == instructions.MountTypeSecret {
			if id, _, err := w.lex.ProcessWord(cmp.Or(mount.CacheID, path.Base(mount.Target)), env); err == nil {
				w.file.Secrets = append(w.file.Secrets, id)
			}
		}
	}
}
