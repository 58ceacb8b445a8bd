// Package gipgee makes a definition of a gipgee.yml.
package gipgee

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Import returns the files of a definition of the images in a gipgee.yml, which has this path below the tree of its project; project is the
// project's path on GitLab, or empty. The list has everything that is wrong with the file; there are no files then.
func Import(tree fs.FS, name, project string) ([]importer.File, *importer.Report, diagnostic.List, error) {
	content, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, nil, nil, err
	}
	c := &conversion{reader: reader{name: name}, tree: tree, report: &importer.Report{}, released: map[string]string{}, places: map[string]*yaml.Node{}}
	definition := c.read(content)
	if c.found.HasErrors() {
		return nil, nil, c.found.Sorted(), nil
	}
	definition.Project, definition.Defaults = project, &importer.Image{Manual: "rebuild"}
	if preset := c.texts(c.defaults["defaultUpdateCheckCommand"]); isAutomatic(preset) {
		definition.Defaults.Updates = c.updatesBy(preset, "")
		c.report.Converted("gipgee's own update check, a snippet in the defaults")
	}
	ignores := c.contexts(definition.Images)
	c.report.Converted("a full rebuild in pipelines that a person starts, with a play button for each chain of images; set %s where you set GIPGEE_FORCE_AUTOSTART", schema.VarAutostart)
	if definition.Build = "changed"; project == "" {
		definition.Build = "always"
		c.report.Look(diagnostic.Span{}, "build", "every pipeline has a job of every image, which skips what exists; with --project, only images whose files changed have jobs in a branch")
	}
	c.report.Converted("%s", terminal.Count(len(definition.Images), "image"))
	files, err := definition.Files()
	files = append(files, ignores...)
	return files, c.report, c.found.Sorted(), err
}

// contexts writes ignore files for what a Containerfile does not read, so that it is no input of the images: gipgee builds in the project's own folder,
// where each change of any file would build all of them.
func (c *conversion) contexts(images []importer.Image) []importer.File {
	var files []importer.File
	whole := false
	for _, image := range images {
		if c.isIgnored(image.Containerfile) || slices.ContainsFunc(files, func(f importer.File) bool { return f.Path == ignoreFile(image.Containerfile) }) {
			continue
		}
		source, err := fs.ReadFile(c.tree, image.Containerfile)
		reads, ok := containerfile.Reads(source)
		if err != nil || !ok {
			whole = true
			continue
		}
		lines := []string{"# What " + image.Containerfile + " reads; all else of the project is no part of its images.", "*"}
		for _, read := range reads {
			lines = append(lines, "!"+read)
		}
		files = append(files, importer.File{Path: ignoreFile(image.Containerfile), Content: []byte(strings.Join(lines, "\n") + "\n")})
	}
	if len(files) > 0 {
		c.report.Converted("the build contexts, each less what its Containerfile does not read: see the new files .containerignore")
	}
	if whole {
		c.report.Look(diagnostic.Span{}, "context", "a build may read every file of the project, so each change of one builds all images: write .containerignore, or give the images a context of their own")
	}
	return files
}

// isIgnored reports whether a build leaves files out already.
func (c *conversion) isIgnored(file string) bool {
	return slices.ContainsFunc([]string{ignoreFile(file), file + ".dockerignore", ".containerignore", ".dockerignore"}, func(name string) bool {
		_, err := fs.Stat(c.tree, name)
		return err == nil
	})
}

// ignoreFile is what builders look for beside a Containerfile.
func ignoreFile(file string) string { return file + ".containerignore" }

type conversion struct {
	reader
	tree   fs.FS
	report *importer.Report
	// credentials are the variables that hold a user and a password, by id.
	credentials map[string]*importer.Credentials
	defaults    map[string]*yaml.Node
	base        location
	// released are the images by the places that they are released to; places are where those are declared.
	released map[string]string
	places   map[string]*yaml.Node
}

func (c *conversion) read(content []byte) importer.Definition {
	var document yaml.Node
	if err := yaml.Load(content, &document, yaml.WithV4Defaults()); err != nil {
		c.fail(nil, "it is not YAML: %v", err)
		return importer.Definition{}
	}
	root := &document
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	top := c.fields(root, "the file", "version", "quirks", "registryCredentials", "defaults", "images")
	if version := c.text(top["version"]); version != "1" {
		c.fail(top["version"], "the file has version %s, and 1 is the only one that is known", diagnostic.Quote(version))
	}
	c.quirks(top["quirks"])
	c.readCredentials(top["registryCredentials"])
	c.defaults = c.fields(top["defaults"], "defaults", "defaultStagingRegistry", "defaultReleaseRegistry", "defaultContainerFile",
		"defaultStagingRegistryCredentials", "defaultReleaseRegistryCredentials", "defaultUpdateCheckCommand", "defaultTestCommand",
		"defaultAssetsToWatch", "defaultBaseImage", "defaultBuildArgs")
	c.base = c.location(c.defaults["defaultBaseImage"])
	return c.images(top["images"])
}

func (c *conversion) quirks(n *yaml.Node) {
	if quirk := c.fields(n, "quirks", "kanikoMoveVarQuirk")["kanikoMoveVarQuirk"]; quirk != nil && c.text(quirk) == "true" {
		c.report.Missing(c.at(quirk), "kanikoMoveVarQuirk", "buildah needs no such thing")
	}
}

// readCredentials takes the names of variables. The other kinds parse in gipgee, and give it neither a user nor a password.
func (c *conversion) readCredentials(n *yaml.Node) {
	c.credentials = map[string]*importer.Credentials{}
	all := c.fields(n, "registryCredentials")
	for _, id := range slices.Sorted(maps.Keys(all)) {
		node := all[id]
		f := c.fields(node, "credentials", "usernameVarName", "passwordVarName", "authEnvVar", "authFile")
		user, password := c.text(f["usernameVarName"]), c.text(f["passwordVarName"])
		switch {
		case user != "" && password != "":
			c.credentials[id] = &importer.Credentials{Username: user, Password: password}
		case f["authEnvVar"] != nil, f["authFile"] != nil:
			c.credentials[id] = nil
			c.report.Missing(c.at(node), id, "put the registry into DOCKER_AUTH_CONFIG, or name variables with the user and the password")
		default:
			c.fail(node, "the credentials %s have neither usernameVarName and passwordVarName, nor authEnvVar, nor authFile", diagnostic.Quote(id))
		}
	}
}

// declared is an image of the file, with its defaults.
type declared struct {
	id, name string
	node     *yaml.Node
	fields   map[string]*yaml.Node
	releases []location
}

func (c *conversion) images(n *yaml.Node) importer.Definition {
	var all []declared
	written := c.fields(n, "images")
	for _, id := range slices.Sorted(maps.Keys(written)) {
		node := written[id]
		d := declared{id: id, name: strings.ToLower(id), node: node}
		if node.Kind != yaml.MappingNode {
			c.fail(node, "the image %s is empty", diagnostic.Quote(id))
			continue
		}
		d.fields = c.fields(node, "an image", "containerFile", "updateCheckCommand", "testCommand", "assetsToWatch", "baseImage", "stagingLocation", "releaseLocations", "buildArgs")
		if err := importer.CheckName(d.name); err != nil {
			c.fail(node, "the image cannot be called %s: %v", diagnostic.Quote(id), err)
		}
		d.releases = c.releases(d)
		all = append(all, d)
	}
	if len(all) == 0 {
		c.fail(n, "there are no images")
	}
	slices.SortFunc(all, func(a, b declared) int { return cmp.Compare(a.name, b.name) })
	var definition importer.Definition
	for _, d := range all {
		definition.Images = append(definition.Images, c.image(d))
	}
	return definition
}

// releases are the places that an image is released to, each of which is one image's alone.
func (c *conversion) releases(d declared) []location {
	preset := location{registry: c.text(c.defaults["defaultReleaseRegistry"]), credentials: c.text(c.defaults["defaultReleaseRegistryCredentials"])}
	list := d.fields["releaseLocations"]
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		c.fail(d.node, "the image %s has no releaseLocations", diagnostic.Quote(d.id))
		return nil
	}
	var out []location
	for _, item := range list.Content {
		l := c.location(item).or(preset)
		switch first := c.released[l.String()]; {
		case l.registry == "" || l.repository == "" || l.tag == "":
			c.fail(item, "a release needs a registry, a repository and a tag")
			continue
		case first != "":
			c.fail(item, "%s is where %s is released to already", l, first).WithNote(c.at(c.places[l.String()]), "there")
			continue
		}
		if _, known := c.credentials[l.credentials]; l.credentials != "" && !known {
			c.fail(item, "there are no credentials %s", diagnostic.Quote(l.credentials))
		}
		c.released[l.String()], c.places[l.String()] = d.name, item
		out = append(out, l)
	}
	return out
}
