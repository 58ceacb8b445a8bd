package rebuild_test

import (
	"fmt"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/rebuild"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestCheckRebuild(t *testing.T) {
	t.Parallel()
	var many, more []string
	for i := range 3000 {
		many = append(many, fmt.Sprintf("group/image-%04d", i))
		more = append(more, fmt.Sprintf("other/image-%04d", i))
	}
	tests := map[string]struct {
		rebuild string
		// images are the values of STEMMA_IMAGES, STEMMA_IMAGES_2 and so on.
		images []string
		// want is the error; empty where all names are known.
		want string
	}{
		"one known name":     {"rust", []string{"base,rust"}, ""},
		"several known":      {"rust,base", []string{"base,rust"}, ""},
		"nothing to rebuild": {"", []string{"base,rust"}, ""},
		"a near name":        {"rsut", []string{"base,rust"}, `STEMMA_REBUILD names an image that this project does not have: "rsut"; did you mean "rust"?`},
		"the wrong case":     {"Rust", []string{"base,rust"}, `STEMMA_REBUILD names an image that this project does not have: "Rust"; did you mean "rust"?`},
		"unknown names alone": {"base,rsut,bse", []string{"base,rust"}, "STEMMA_REBUILD names 2 images that this project does not have:\n" +
			`"rsut"; did you mean "rust"?` + "\n" + `"bse"; did you mean "base"?`},
		"no name is near":        {"kernel", []string{"rust,base"}, `STEMMA_REBUILD names an image that this project does not have: "kernel"; its images are base, rust`},
		"no name of many":        {"kernel", []string{strings.Join(many[:12], ",")}, `STEMMA_REBUILD names an image that this project does not have: "kernel"; its images are group/image-0000, group/image-0001, group/image-0002, group/image-0003, group/image-0004, group/image-0005, group/image-0006, group/image-0007, group/image-0008, group/image-0009 and 2 more`},
		"no name of ten":         {"kernel", []string{strings.Join(many[:10], ",")}, `STEMMA_REBUILD names an image that this project does not have: "kernel"; its images are ` + strings.Join(many[:10], ", ")},
		"more than one variable": {"other/image-2999", []string{strings.Join(many, ","), strings.Join(more, ",")}, ""},
		"what is no name":        {"a\x1b[31m\"b", []string{"rust"}, `STEMMA_REBUILD names an image that this project does not have: "a\x1b[31m\"b"; its images are rust`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars[schema.VarRebuild] = test.rebuild
			for i, list := range test.images {
				variable := schema.VarImages
				if i > 0 {
					variable += fmt.Sprintf("_%d", i+1)
				}
				s.Vars[variable] = list
			}
			got := ""
			if err := rebuild.Check(s.Env().Getenv, s.Env().Log); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("the error is\n%s\nwant\n%s", got, test.want)
			}
			if isSaid := strings.Contains(s.Log.String(), "has every image that STEMMA_REBUILD names"); isSaid != (test.want == "") {
				t.Errorf("the log is %q", s.Log.String())
			}
		})
	}
}

func TestCheckRebuildNeedsTheNames(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarRebuild] = "rust"
	if err := rebuild.Check(s.Env().Getenv, s.Env().Log); err == nil || !strings.Contains(err.Error(), "STEMMA_IMAGES is not set: it lists the project's images") {
		t.Errorf("the error is %v", err)
	}
}
