package build_test

import (
	"errors"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// What is written by hand has no schema that would refuse it.
func TestNoValueIsMoreThanOneArgument(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		vars map[string]string
		// want is what the error says; empty where there is none.
		want string
	}{
		"the id of a secret":       {map[string]string{schema.VarContainerfile: "C", schema.VarSecrets: `[{"id":"a,src=/etc/shadow","variable":"A"}]`}, `STEMMA_SECRETS: "a,src=/etc/shadow" is no id`},
		"no id of a secret":        {map[string]string{schema.VarContainerfile: "C", schema.VarSecrets: `[{"variable":"A"}]`}, `STEMMA_SECRETS: "" is no id`},
		"a folder":                 {map[string]string{schema.VarContainerfile: "C", schema.VarFolders: `{"a=docker-image://b":"c"}`}, `STEMMA_FOLDERS: "a=docker-image://b" is no name`},
		"a context":                {map[string]string{schema.VarContainerfile: "C", schema.VarContexts: `{"a=b":"docker.io/a/b"}`}, `STEMMA_CONTEXTS: "a=b" is no name`},
		"an option of a package":   {map[string]string{schema.VarDistributionPackages: "gcc --installroot=/x"}, `FDO_DISTRIBUTION_PACKAGES: "--installroot=/x" is an option`},
		"an option, by hand":       {map[string]string{schema.VarImage: "", schema.VarDistributionPackages: "gcc --nogpgcheck"}, ""},
		"a package between others": {map[string]string{schema.VarDistributionPackages: "gcc g++-14"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			for variable, value := range test.vars {
				s.Vars[variable] = value
			}
			err := s.Build()
			var usage jobenv.UsageError
			if isWrong := errors.As(err, &usage); isWrong != (test.want != "") || isWrong && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
