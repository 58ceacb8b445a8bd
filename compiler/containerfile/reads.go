package containerfile

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Reads returns the paths and patterns of the build context that a Containerfile copies, adds or mounts, sorted. ok is false where it
// reads all of the context, or what only a build can tell. All stages count, those too that no other needs: some builders build them.
func Reads(source []byte) (paths []string, ok bool) {
	syntax, err := parser.Parse(bytes.NewReader(source))
	if err != nil {
		return nil, false
	}
	stages, _, err := instructions.Parse(syntax.AST, quiet())
	if err != nil {
		return nil, false
	}
	for _, stage := range stages {
		for _, command := range stage.Commands {
			for _, read := range reads(command) {
				read = strings.TrimPrefix(path.Clean("/"+read), "/")
				if read == "" || strings.ContainsAny(read, "$!\n") {
					return nil, false
				}
				paths = append(paths, read)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), true
}

// reads are what one command takes from the build context.
func reads(command instructions.Command) []string {
	switch command := command.(type) {
	case *instructions.CopyCommand:
		if command.From == "" {
			return command.SourcePaths
		}
	case *instructions.AddCommand:
		return slices.DeleteFunc(slices.Clone(command.SourcePaths), isRemote)
	case *instructions.RunCommand:
		mounts, ok := mounts(command)
		if !ok {
			return []string{"."}
		}
		var sources []string
		for _, mount := range mounts {
			if mount.Type == instructions.MountTypeBind && mount.From == "" {
				sources = append(sources, mount.Source)
			}
		}
		return sources
	}
	return nil
}

// isRemote reports whether ADD fetches a source from elsewhere.
func isRemote(source string) bool {
	return strings.Contains(source, "://") || strings.HasPrefix(source, "git@")
}
