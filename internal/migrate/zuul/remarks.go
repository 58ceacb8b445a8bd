package zuul

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// attributeRemarks say what becomes of the attributes of jobs with images; those that are read are empty.
var attributeRemarks = map[string]string{
	"name": "", "parent": "", "description": "", "abstract": "", "vars": "", "extra-vars": "", "secrets": "", "provides": "", "requires": "",
	"dependencies": "", "required-projects": "", "run": "", "override-checkout": "", "timeout": "",
	"files":                   "an image is built when its content changes, whatever the files are called",
	"irrelevant-files":        "an image is built when its content changes; what is no part of it belongs in .dockerignore",
	"match-on-config-updates": "an image is built when its content changes",
	"branches":                "a definition is of its own branch, and builds there",
	"pre-run":                 "what runs before the build is not converted: put it into the Containerfile",
	"post-run":                "what runs after the build is not converted: what checks the image belongs in `tests`",
	"cleanup-run":             "what runs after the build is not converted",
	"roles":                   "the roles of other projects are not needed",
	"nodeset":                 "`runners` names the tags of runners for a platform",
	"post-timeout":            "the project's own timeout of jobs holds",
	"pre-timeout":             "the project's own timeout of jobs holds",
	"attempts":                "registries are asked again when they fail, and builds are not repeated",
	"voting":                  "every image counts",
	"hold-following-changes":  "GitLab's merge trains have no such thing",
	"semaphores":              "a resource_group of GitLab does the same",
	"semaphore":               "a resource_group of GitLab does the same",
	"allowed-projects":        "a definition is of one project",
	"protected":               "nobody inherits a definition's jobs",
	"final":                   "nobody inherits a definition's jobs",
	"intermediate":            "nobody inherits a definition's jobs",
	"host-vars":               "there is one host, the runner's",
	"group-vars":              "there is one host, the runner's",
	"tags":                    "jobs have no such tags",
	"ansible-version":         "there is no Ansible",
	"ansible-split-streams":   "there is no Ansible",
	"workspace-scheme":        "a runner has the one checkout of the project",
	"image-build-name":        "disk images are not built",
	"failure-output":          "there is no such matcher",
	"variant-description":     "",
}

// settingRemarks say the same of variables.
var settingRemarks = map[string]string{
	varDockerImages: "", varContainerImages: "", "zuul_work_dir": "", "container_command": "", "container_filename": "", "docker_dockerfile": "", "docker_registry": "",
	"docker_credentials": "", "container_registry_credentials": "", "upload_docker_image_promote": "", "upload_container_image_promote": "",
	varBuilderEnv:                      "only Podman is given this environment; where a build reads one, make it a build argument",
	"docker_use_buildkit":              "no role reads it",
	"docker_builder_image":             "no builder's image is needed",
	"container_builder_image":          "no builder's image is needed",
	"promote_container_image_method":   "what was tested is released from the project's own registry, without another between",
	"promote_container_image_api":      "nothing asks Zuul",
	"promote_container_image_pipeline": "nothing asks Zuul",
	"promote_container_image_job":      "nothing asks Zuul",
	"promote_container_image_query":    "nothing asks Zuul",
	"mirror_container_images_images":   "name each image in `mirrors: [{from: …}]`, which copies it to the project's own registry",
}

// settingFamilies say it of variables by how they begin.
var settingFamilies = []struct{ prefix, text string }{
	{"buildset_registry", "no registry is needed beside the project's own"},
	{"intermediate_registry", "no registry is needed beside the project's own"},
	{"remove_registry_tag_", "nothing is pushed under a name for the time being, so nothing is removed"},
	{"ensure_quay_repo", "a repository at Quay is created by hand, or by its first push"},
}

// attributes notes what the attributes of a job with images become.
func (c *conversion) attributes(f *frozen) {
	if len(f.chain) > 0 && f.root != "" && f.root != "base" && !isPlainRole(f.root) && !opendevRole.MatchString(f.root) {
		c.noteLook(f.rootAt, f.root, "this parent comes from another project: what it sets is not seen")
	}
	for _, variant := range f.chain {
		for _, field := range variant.fields.fields {
			text, known := attributeRemarks[field.key]
			switch {
			case !known:
				text = "there is no such attribute of images"
			case field.key == "voting" && field.value.value == true:
				text = ""
			}
			if text != "" {
				c.note(field.at, field.key, text)
			}
		}
	}
	for _, name := range c.variantsOfBranches(f) {
		c.note(name.at, "branches", "the definition is of this branch, and this one of the job is for others")
	}
}

// variantsOfBranches are the definitions of a job and its parents that are for some branches.
func (c *conversion) variantsOfBranches(f *frozen) []*node {
	var out []*node
	seen := map[string]bool{}
	for name := f.name; name != "" && !seen[name]; name = c.parentOf(name) {
		seen[name] = true
		for _, variant := range c.variants[name] {
			if branches := variant.attribute("branches"); branches != nil {
				out = append(out, branches)
			}
		}
	}
	return out
}

// The jobs that come with the roles and set nothing themselves, and OpenDev's that are made of them.
var (
	plainRole   = regexp.MustCompile(`^(build|upload|promote)-(docker|container)-image$`)
	opendevRole = regexp.MustCompile(`^opendev-(build|upload|promote)-(docker|container)-image(-base)?$`)
)

func isPlainRole(name string) bool { return plainRole.MatchString(name) }

// settings notes what the variables of a job become whose images were read.
func (c *conversion) settings(r *run) {
	for name, value := range r.vars {
		text, known := settingRemarks[name]
		for _, family := range settingFamilies {
			if strings.HasPrefix(name, family.prefix) {
				text, known = family.text, true
			}
		}
		switch {
		case !known && !r.scope.read[name] && r.project.get(name) != value:
			c.note(value.at, name, "no image reads this variable")
		case name == varBuilderEnv && r.vars[varContainerImages] != nil && r.vars["container_command"].printed() != "docker":
		case text != "":
			c.note(value.at, name, text)
		}
	}
}

// mentions says whether a text somewhere in a value is of a kind.
func (c *conversion) mentions(n *node, is func(string) bool) bool {
	if n == nil {
		return false
	}
	if text, ok := n.value.(string); ok && is(text) {
		return true
	}
	return slices.ContainsFunc(n.items, func(item *node) bool { return c.mentions(item, is) }) ||
		slices.ContainsFunc(n.fields, func(f field) bool { return c.mentions(f.value, is) })
}

// without keeps a job that builds no image, for the report.
func (c *conversion) without(f *frozen) {
	if len(f.chain) > 0 && !contains(c.others, f.name) {
		c.others = append(c.others, f.name)
		if c.othersAt.Line == 0 {
			c.othersAt = f.at
		}
		if mirrored := f.vars["mirror_container_images_images"]; mirrored != nil {
			c.note(mirrored.at, "mirror_container_images_images", settingRemarks["mirror_container_images_images"])
		}
	}
}

// ownRole matches the roles that a playbook of one's own may consist of without doing anything else with images.
var ownRole = regexp.MustCompile(`\b(build|upload|promote)-(docker|container)-image\b`)

// isOwnPlaybook reports a job whose own playbook takes the place of the roles'.
func (c *conversion) isOwnPlaybook(f *frozen) bool {
	for _, variant := range f.chain {
		for _, playbook := range listed(variant.attribute("run")) {
			name := playbook.printed()
			if playbook.kind == mapping {
				name = playbook.get("name").printed()
			}
			content, err := fs.ReadFile(c.tree.FS, path.Clean(name))
			if err == nil && ownRole.Match(content) {
				c.noteLook(playbook.at, name, "the playbook uses the role that builds images; what else it does is not converted")
				continue
			}
			c.note(playbook.at, name, "this playbook runs instead of the one that builds images; the images of its jobs are left out")
			return true
		}
	}
	return false
}

// isWindows reports a job that runs on Windows.
func (c *conversion) isWindows(f *frozen) bool {
	nodeset := f.attribute("nodeset")
	if nodeset == nil || !c.mentions(nodeset, func(s string) bool { return strings.Contains(strings.ToLower(s), "windows") }) {
		return false
	}
	c.report.Missing(nodeset.at, f.name, "there are no builders for Windows; its images are left out")
	return true
}

// remark is what a note is about and says.
type remark struct {
	what, text string
	isLook     bool
}

// note records a remark that many jobs cause: the report has it once, at the first place.
func (c *conversion) note(at diagnostic.Span, what, text string) {
	c.notes[remark{what, text, false}] = append(c.notes[remark{what, text, false}], at)
}

// noteLook does the same for what a person should look at.
func (c *conversion) noteLook(at diagnostic.Span, what, text string) {
	c.notes[remark{what, text, true}] = append(c.notes[remark{what, text, true}], at)
}

// tellNotes puts what many jobs say into the report once.
func (c *conversion) tellNotes() {
	for r, places := range c.notes {
		slices.SortFunc(places, diagnostic.Span.Compare)
		places = slices.Compact(places)
		text := r.text
		if len(places) > 1 {
			text = fmt.Sprintf("%s (%d places)", text, len(places))
		}
		tell := c.report.Missing
		if r.isLook {
			tell = c.report.Look
		}
		tell(places[0], r.what, "%s", text)
	}
	if len(c.others) > 0 {
		c.report.Missing(c.othersAt, "jobs", "these build no image: %s", strings.Join(c.others, ", "))
	}
}
