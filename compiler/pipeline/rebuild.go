package pipeline

import (
	"cmp"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/schema"
)

// maxPattern is how many names the rule of the job that checks names compares; with more the job is in every pipeline that asks for a
// rebuild, and compares them itself.
const maxPattern = 500

// rebuildJobs fail where a rebuild is asked for by a name that no image has. No rule of an image selects anything then.
func (c *compilation) rebuildJobs() []Job {
	if len(c.graph.Images) == 0 {
		return nil
	}
	names := namesOf(c.graph.Images)
	rules := []Rule{{If: asksForRebuild}}
	if len(names) <= maxPattern {
		rules = []Rule{{If: condition.ListsOnly(schema.VarRebuild, names), When: Never}, {If: asksForRebuild}}
	}
	v := variables{withoutCheckout}
	for i, part := range shares(names, func(name string) int { return len(name) }, len(names)) {
		variable := schema.VarImages
		if i > 0 {
			variable = fmt.Sprintf("%s_%d", schema.VarImages, i+1)
		}
		v.add(variable, strings.Join(part, ","))
	}
	return []Job{{
		Name: "check-rebuild", Comment: "Fails if " + schema.VarRebuild + " contains an unknown image, and suggests names.",
		Extends: []string{sharedName}, Stage: cmp.Or(c.graph.Images[0].Stages.Build, "build"), Tags: c.definition.Runners.Of(""),
		Rules: rules, Variables: v, Script: []string{"stemma job check-rebuild"}, Retry: c.retry(),
	}}
}
