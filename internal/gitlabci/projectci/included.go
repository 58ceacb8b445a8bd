package projectci

import (
	"io/fs"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// checkIncluded reports that no pipeline has the compiled jobs. Another file of this project may still start them as a child pipeline, so
// nothing is reported where the project's pipeline names the compiled file anywhere, or was not read as a whole.
func (p *project) checkIncluded() {
	content, err := fs.ReadFile(p.Tree, File)
	if err != nil || len(p.names) == 0 || !p.isWhole() || strings.Contains(string(content), p.output()) {
		return
	}
	lines := "include:\n  - local: " + p.output()
	if p.read.Top.Get("include") != nil {
		lines = "  - local: " + p.output()
	}
	p.found.Warnf(diagnostic.NotIncluded, p.include(), "%s is not included, so no job of the images runs", p.output()).
		WithHint("run `stemma init`, or add to %s:\n%s", File, lines).WithKey("include")
}
