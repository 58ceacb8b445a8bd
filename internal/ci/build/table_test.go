package build

import (
	"errors"
	"reflect"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestBuildJobsReadTheVariablesOfTheTable reads a job of each kind of image and notes the variables that it asks for.
func TestBuildJobsReadTheVariablesOfTheTable(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, containerfile := range []string{"", "Containerfile"} {
		set := map[string]string{schema.VarImage: "rust", schema.VarContainerfile: containerfile, schema.VarDistributionName: "fedora"}
		_, err := readBuildJob(func(name string) string {
			asked[name] = true
			return set[name]
		})
		if usage := (jobenv.UsageError{}); !errors.As(err, &usage) {
			t.Fatalf("got the error %v, want one about missing variables", err)
		}
	}
	elsewhere := map[string]bool{schema.VarExpiresAfter: true} // it is read with the other labels
	for _, f := range schema.Leaves(reflect.TypeFor[definition.Image]()) {
		if f.Variable != "" && !asked[f.Variable] && !elsewhere[f.Variable] {
			t.Errorf("the variable %s of the field %s is not read", f.Variable, f.Name)
		}
	}
}
