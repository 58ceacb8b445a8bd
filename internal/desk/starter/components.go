package starter

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// forMergeRequests says what components does.
const forMergeRequests = "check the definition in merge requests, and show reviewers what a change does to images"

// components are the entries of `include` for the components that a merge request needs. The stage is empty if the pipeline has the one that
// they are in by default.
func components(stage string) string {
	var b strings.Builder
	for _, name := range []string{"validate", "review"} {
		fmt.Fprintf(&b, "  - component: $CI_SERVER_FQDN/stemma-ci/stemma/%s@%s\n", name, schema.Version)
		if stage != "" {
			fmt.Fprintf(&b, "    inputs: {stage: %q}\n", stage)
		}
	}
	return b.String()
}

// comment has the same entries as a comment. A new pipeline does not include them yet, because GitLab refuses a component that it cannot read.
func comment() string {
	lines := "  # These components " + forMergeRequests + ".\n"
	lines += "  # On a GitLab other than gitlab.com, copy stemma's project there first, and name the copy here.\n"
	return lines + strings.ReplaceAll(components(""), "  - ", "  # - ")
}

// offer prints the entries, unless .gitlab-ci.yml names one of the components.
func (r Request) offer() error {
	tree, err := r.open()
	if err != nil {
		return err
	}
	defer tree.Close()
	content, err := fs.ReadFile(tree, projectci.File)
	if errors.Is(err, fs.ErrNotExist) || strings.Contains(string(content), "/review@") {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(r.Out, "also: these entries of `include` %s:\n\n%s", forMergeRequests, components(stageIn(tree)))
	return nil
}

// stageIn returns the first stage of a pipeline that is known not to have the default stage of the components, or else nothing.
func stageIn(tree fs.FS) string {
	read, _, err := ciyaml.Read(ciyaml.Source{Tree: tree, Name: projectci.File})
	if err != nil || len(read.Unread) > 0 {
		return ""
	}
	stages := read.Top.Get("stages").Texts()
	if len(stages) == 0 || slices.Contains(stages, "test") {
		return ""
	}
	return stages[0]
}
