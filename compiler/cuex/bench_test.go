package cuex

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// thousand are definitions of a thousand images: written out, made by a comprehension, and with a rule of the project.
func thousand() map[string]string {
	var written strings.Builder
	written.WriteString("version: 1\n")
	for i := range 1000 {
		fmt.Fprintf(&written, "images: \"image-%d\": {distribution: \"debian\", version: \"trixie\", packages: [\"curl\", \"p%d\"], labels: owner: \"team-a\"}\n", i, i)
	}
	made := "import \"list\"\nversion: 1\nfor i in list.Range(0, 1000, 1) {images: \"image-\\(i)\": {distribution: \"debian\", version: \"trixie\", packages: [\"curl\", \"p\\(i)\"], labels: owner: \"team-a\"}}\n"
	rule := "images: [string]: {labels: owner!: =~\"^team-\", release?: [...{tags: [...!=\"latest\"]}]}\n"
	return map[string]string{"written": written.String(), "made": made, "made with a rule": made + rule}
}

// BenchmarkEvaluate compares reading a definition with CUE's own evaluation of it, which also makes each value concrete, and with `cue export`, which
// also lists the fields of each struct in the order of the source. That is most of what reading takes beside the evaluation.
func BenchmarkEvaluate(b *testing.B) {
	for name, source := range thousand() {
		project := fstest.MapFS{"stemma.cue": {Data: []byte(source)}}
		b.Run(name+"/stemma", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var found diagnostic.List
				if document, _ := (InProcess{}).Evaluate(project, "stemma.cue", &found); len(document.Get("images").Fields) != 1000 || len(found) > 0 {
					b.Fatal(found)
				}
			}
		})
		b.Run(name+"/CUE", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var found diagnostic.List
				e := newEvaluation(project, unconstrained{}, &found)
				if err := buildAll(e.load([]string{"stemma.cue"}))[0].Validate(cue.Concrete(true)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/export", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var found diagnostic.List
				e := newEvaluation(project, unconstrained{}, &found)
				v := buildAll(e.load([]string{"stemma.cue"}))[0]
				if err := v.Validate(cue.Concrete(true)); err != nil {
					b.Fatal(err)
				}
				if _, err := v.MarshalJSON(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
