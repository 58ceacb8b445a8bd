package dockerpkg

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// settled says what becomes of a key of the configuration: a sentence about what has no counterpart, or none where nothing
// is lost.
var settled = map[string]string{
	"registry": "", "namespace": "", "base_images": "", "apt_options": "", "apt_only_proxy": "", "known_uid_mappings": "",
	"seed_image":   "",
	"scan_workers": "",
	// The defaults have these, or say why not, and so do the tests.
	"http_proxy": "", "container_limits": "", "force_numeric_user": "", "verify_command": "", "verify_args": "",

	"username":        "credentials are CI variables; give their names in `release`, never the values",
	"password":        "credentials are CI variables; give their names in `release`, never the values",
	"ca_bundle":       "certificates are set on the runner",
	"driver":          "images are built with buildah",
	"fallback_author": "changelogs are written by hand, with dch for example",
	"fallback_email":  "changelogs are written by hand, with dch for example",
	"distribution":    "changelogs are written by hand, with dch for example",
	"update_id":       "changelogs are written by hand, with dch for example",
}

// reportConfig reports what became of the tree and of the keys of its configuration.
func (c *conversion) reportConfig() {
	t := c.tree
	c.report.Converted("%s of docker-pkg, each with its Dockerfile, its tag from its changelog", terminal.Count(c.images, "image"))
	c.report.Converted("%s within the tree", terminal.Count(c.parents, "parent"))
	if len(t.config.baseImages) > 0 {
		c.report.Converted("%s, resolved to the newest digest when something is built on it", terminal.Count(len(t.config.baseImages), "base image"))
	}
	for _, field := range t.config.root.Fields {
		name := fmt.Sprint(field.Key.Value)
		text, known := settled[name]
		switch {
		case !known:
			c.report.Look(t.config.at(field.Key), name, "no key of docker-pkg's, but a variable of templates; its value is written into the Dockerfiles")
		case text != "":
			c.report.Missing(t.config.at(field.Key), name, "%s", text)
		}
	}
	if t.config.registry != "" {
		key, _ := t.config.key("registry")
		c.report.Look(t.config.at(key), "registry", "images go to the project's own registry; docker-pkg publishes them as %[1]s:TAG and latest. `release: [{tags: [latest]}, {repository: %[1]s, tags: ['{tag}', latest], credentials: …}]` of an image does that too", t.config.repository("NAME"))
	}
	if t.config.aptProxy != nil && t.config.aptProxy != "" {
		c.report.Look(diagnostic.Span{File: t.config.file}, "apt_only_proxy", "it is written into the Dockerfiles, as docker-pkg does")
	}
	for _, base := range t.config.baseImages {
		if repository, _ := cutTag(base.text); t.byRepository(repository) != nil {
			c.report.Look(base.at, base.text, "the tree has this image itself, and what it has is used")
		}
	}
	for _, file := range t.lonely {
		c.report.Look(file.at, "no image", "there is no %s beside it; docker-pkg ignores the folder, and so does this", file.text)
	}
	for _, file := range t.old {
		c.report.Missing(t.at(file, 0, 0), "artifact build", "docker-pkg has none since version 3; make it a stage of the Dockerfile")
	}
}
