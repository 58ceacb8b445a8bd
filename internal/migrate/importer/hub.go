package importer

import "strings"

// OnHub is the reference of an image that a Containerfile names without a registry or a tag, as builders read it: one of Docker
// Hub's. A name alone would mean an image of the definition.
func OnHub(name string) string {
	if !strings.Contains(name, "/") {
		name = "library/" + name
	}
	return "docker.io/" + name + ":latest"
}
