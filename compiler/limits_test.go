package compiler

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
)

func TestOutputThatExceedsGitLabsLimitsIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// includes are how many files each of the pipelines includes.
		includes []int
		children int
		want     []string
	}{
		"as many includes as fit":        {includes: []int{maxIncludes, maxIncludes}},
		"one include too many":           {includes: []int{1, maxIncludes + 1}, want: []string{"0 images need 141 files, but GitLab's limit is 150 includes in a pipeline"}},
		"as many child pipelines as fit": {includes: []int{1}, children: maxChildren},
		"one child pipeline too many":    {includes: []int{1}, children: maxChildren + 1, want: []string{"0 families of images need 901 child pipelines, but GitLab's limit is 1000"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := Result{
				Definition: &definition.Definition{File: definition.YAMLFile}, Graph: &lineage.Graph{},
				Pipeline: pipeline.Pipeline{Children: make([]pipeline.Child, test.children)},
			}
			for i, count := range test.includes {
				for range count {
					result.Files = append(result.Files, emit.File{IncludedBy: strconv.Itoa(i)})
				}
			}
			var found diagnostic.List
			checkLimits(&result, &found)
			var got []string
			for _, finding := range found {
				got = append(got, finding.Message)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if isRefused := result.Files == nil; isRefused != (test.want != nil) {
				t.Errorf("no files are left: got %t, want %t", isRefused, test.want != nil)
			}
		})
	}
}
