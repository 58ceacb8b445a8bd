package gipgee

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/schema"
)

// The arguments that gipgee gives every build.
const (
	argBase = "GIPGEE_BASE_IMAGE"
	argID   = "GIPGEE_IMAGE_ID"
)

// or is an image's own value or the default; without either it is a mistake.
func (c *conversion) or(d declared, key, preset string) *yaml.Node {
	if own := d.fields[key]; own != nil {
		return own
	}
	if c.defaults[preset] == nil {
		c.fail(d.node, "the image %s has no %s, and there is no %s", diagnostic.Quote(d.id), key, preset)
	}
	return c.defaults[preset]
}

// image is an image's definition. gipgee builds in the project's folder.
func (c *conversion) image(d declared) importer.Image {
	file := ""
	if written := c.text(c.or(d, "containerFile", "defaultContainerFile")); written != "" {
		file = path.Clean(written)
	}
	image := importer.Image{
		Name: d.name, Containerfile: file, Context: ".",
		Watch: c.watch(c.or(d, "assetsToWatch", "defaultAssetsToWatch")), Args: c.args(d, file), Tests: c.tests(d), Updates: c.updates(d),
	}
	if d.name != d.id {
		c.report.Look(c.at(d.node), d.id, "names are in lower case here")
	}
	if d.fields["stagingLocation"] != nil {
		c.report.Missing(c.at(d.fields["stagingLocation"]), "stagingLocation", "images are pushed to the project's own registry, and tested there before they are released")
	}
	for _, l := range d.releases {
		release := importer.Release{Repository: importer.LowerCase(l.place(), c.at(c.places[l.String()]), c.report), Tags: []string{l.tag}}
		if credentials := c.credentials[l.credentials]; credentials != nil {
			copied := *credentials
			release.Credentials = &copied
		}
		image.Release = append(image.Release, release)
	}
	return image
}

// watch are the patterns that name files: GitLab takes others too, and they select nothing.
func (c *conversion) watch(n *yaml.Node) []string {
	var out []string
	for i, pattern := range c.texts(n) {
		found, err := content.Glob(c.tree, path.Clean(pattern))
		if err != nil || len(found) == 0 || !importer.Glob.Takes(pattern) {
			c.report.Look(c.at(n.Content[i]), diagnostic.Quote(pattern), "no file is named by it, so nothing watches it")
			continue
		}
		out = append(out, pattern)
	}
	return out
}

// args are those that gipgee passes, as far as the Containerfile takes them, and those of buildArgs, which gipgee reads and forgets.
func (c *conversion) args(d declared, file string) map[string]string {
	args := map[string]string{}
	list := d.fields["buildArgs"]
	if list == nil {
		list = c.defaults["defaultBuildArgs"]
	}
	if list != nil && len(list.Content) > 0 {
		c.report.Look(c.at(list), "buildArgs", "gipgee does not pass them to the builder, and stemma does where the Containerfile has them")
		for _, item := range list.Content {
			f := c.fields(item, "an argument", "key", "value")
			args[c.text(f["key"])] = c.text(f["value"])
		}
	}
	content, err := fs.ReadFile(c.tree, file)
	if file != "" && err != nil {
		c.fail(d.fields["containerFile"], "%s of the image %s cannot be read", file, diagnostic.Quote(d.id))
		return nil
	}
	if file != "" && !importer.Path.Takes(file) {
		c.fail(d.fields["containerFile"], "%s of the image %s has a character that no path here may have", diagnostic.Quote(file), diagnostic.Quote(d.id))
		return nil
	}
	base := c.location(d.fields["baseImage"]).or(c.base)
	if base.registry == "" || base.repository == "" || base.tag == "" {
		c.fail(d.node, "the base of the image %s lacks a registry, a repository or a tag", diagnostic.Quote(d.id))
	}
	reference := base.String()
	if parent, ok := c.released[reference]; ok && parent != d.name {
		reference = parent
	}
	for name, value := range map[string]string{argBase: reference, argID: d.id} {
		if strings.Contains(string(content), name) {
			args[name] = value
		}
	}
	if parsed, err := containerfile.Parse(content, args, ""); err == nil {
		for _, name := range slices.Sorted(maps.Keys(args)) {
			if !slices.Contains(parsed.Arguments, name) {
				c.report.Look(c.at(list), name, "%s has no such ARG, so the argument does nothing", file)
				delete(args, name)
			}
		}
	}
	if !strings.Contains(string(content), argBase) {
		c.report.Look(c.at(d.node), d.id, "%s does not use %s, so its own FROM says what it is built on", file, argBase)
	}
	if len(args) == 0 {
		return nil
	}
	return args
}

// tests run inside the image, with the project's files, as in gipgee.
func (c *conversion) tests(d declared) []importer.Test {
	words := c.texts(c.or(d, "testCommand", "defaultTestCommand"))
	if len(words) == 0 {
		return nil
	}
	return []importer.Test{{Name: "testCommand", Run: quoted(append(words, d.id)), Checkout: true}}
}

// updates are an image's own, or nil where the defaults have them.
func (c *conversion) updates(d declared) *importer.Updates {
	node := c.or(d, "updateCheckCommand", "defaultUpdateCheckCommand")
	if words := c.texts(node); len(words) > 0 && isAutomatic(words) && isAutomatic(c.texts(c.defaults["defaultUpdateCheckCommand"])) {
		return nil
	}
	return c.updatesBy(c.texts(node), d.id)
}

// updatesBy are those that a command looks for.
func (c *conversion) updatesBy(words []string, id string) *importer.Updates {
	switch {
	case len(words) == 0:
		return &importer.Updates{Base: "poll"}
	case isAutomatic(words):
		return &importer.Updates{Command: automaticCheck}
	}
	return &importer.Updates{Command: quoted(append(words, id)) + ` "$` + schema.VarUpdateResult + `"`}
}

// isAutomatic reports whether a command is gipgee's own check.
func isAutomatic(words []string) bool {
	return strings.Contains(strings.Join(words, " "), "auto-update-check")
}

// automaticCheck does what gipgee's own check does: it brings the packages up to date and looks whether that changes any.
const automaticCheck = `if [ -e /etc/alpine-release ]; then
  list() { apk info -v; }
  upgrade() { apk upgrade --no-cache; }
elif [ -e /etc/redhat-release ]; then
  list() { rpm -qa; }
  upgrade() { if command -v yum >/dev/null; then yum -y upgrade; else microdnf -y upgrade; fi; }
elif [ -e /etc/debian_version ]; then
  export DEBIAN_FRONTEND=noninteractive
  list() { dpkg-query -W; }
  upgrade() { apt-get update && apt-get -y upgrade; }
else
  echo "which packages this image has is not known" >&2
  exit 1
fi
before=$(list | sort)
upgrade >&2
if [ "$before" = "$(list | sort)" ]; then verdict=NO_UPGRADE_NEEDED; else verdict=UPGRADE_NEEDED; fi
echo "$verdict" > "$STEMMA_UPDATE_RESULT"
`
