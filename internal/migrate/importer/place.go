package importer

import "io/fs"

// Tree is the files that an import reads, which stay where they are.
type Tree struct {
	FS fs.FS
	// Name is what the tree is called in findings, its path from where the command runs.
	Name string
	// Root is the name of an image that the tree itself gives its name to.
	Root string
}

// Target says where a tree is in relation to its definition.
type Target struct {
	// Folder is the tree's path below the folder of the definition.
	Folder string
	// Project is the project's path on GitLab, or empty.
	Project string
}
