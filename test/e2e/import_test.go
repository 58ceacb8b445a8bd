//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestAnImportedTreeBuilds imports a tree of docker-pkg, whose registry has a port, and runs the pipeline that comes of it:
// every image is built on exactly what its parents' jobs left, under the tag of its changelog.
func TestAnImportedTreeBuilds(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	entry := "%s (%s) acme; urgency=medium\n\n  * A change.\n"
	p := newProject(t, r, "group/tree", map[string]string{
		".gitlab-ci.yml":                       pipelineFile,
		"images/config.yaml":                   fmt.Sprintf("registry: %s\nnamespace: lib\nbase_images: ['%s/lib/tiny:1']\nwords: [one, two]\n", r.Host, r.Host),
		"images/base/changelog":                fmt.Sprintf(entry, "base", "1.0-1"),
		"images/base/Dockerfile.template":      "FROM {{ \"tiny\" | image_tag }}\nRUN echo {{ words | join('-') }} > /words\n",
		"images/lang/tool/changelog":           fmt.Sprintf(entry, "tool", "2.0~rc1"),
		"images/lang/tool/Dockerfile.template": "{% set text -%}\nwritten\nby\n{%- endset -%}\nFROM {{ \"base\" | image_tag }}\nRUN echo {{ text | replace('\\n', ' ') }} > /text\n",
		"images/app/changelog":                 fmt.Sprintf(entry, "app", "3"),
		"images/app/control":                   "Package: app\nDepends: base\nBuild-Depends: tool\n",
		"images/app/Dockerfile.template":       "FROM {{ \"tool\" | image_tag }} AS build\nRUN cat /text /words > /all\nFROM {{ \"base\" | image_tag }}\nCOPY --from=build /all /all\nCOPY --from={{ \"tool\" | image_tag }} /text /text\n",
	})
	run(t, p.dir, "stemma", "import", "docker-pkg", "images")
	p.compile(t)
	p.pipeline(t)
	for image, want := range map[string]string{"base": "", "tool": "base", "app": "base tool"} {
		built := r.image(t, "group/tree/"+image+":"+map[string]string{"base": "1.0-1", "tool": "2.0-rc1", "app": "3"}[image])
		var parents []struct{ Name, Digest string }
		if err := json.Unmarshal([]byte(labels(t, built)[schema.LabelParents]), &parents); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, parent := range parents {
			if parent.Name == "" {
				continue
			}
			names = append(names, parent.Name)
			if now := digest(t, r.image(t, "group/tree/"+parent.Name+":latest")); now != parent.Digest {
				t.Errorf("%s is built on %s of %s, which is %s", image, parent.Digest, parent.Name, now)
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s is built on %q, want %q", image, got, want)
		}
	}
	if got := fileOf(t, r, "group/tree/app:3", "all"); got != "written by\none-two\n" {
		t.Errorf("what the parents made became %q", got)
	}
}
