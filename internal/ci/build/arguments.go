package build

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"

	"gitlab.com/stemma-ci/stemma/schema"
)

var secretID = jobenv.Lazy(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// arguments fails for values that would be more than one argument's worth to buildah, or an option of a package manager. The schema
// guards definitions, but not what is written by hand.
func (r reader) arguments(j *buildJob) {
	for _, secret := range j.Secrets {
		if !jobenv.IsName(secretID, secret.ID) { // buildah reads "id=ID,src=FILE"
			r.Fail("%s: %q is no id of a secret: it has letters, digits, '_', '.' and '-'", schema.VarSecrets, secret.ID)
		}
	}
	if c := j.Image.Containerfile; c != nil {
		for name := range c.Folders {
			r.contextName(schema.VarFolders, name)
		}
	}
	for _, p := range j.Parents {
		for _, alias := range p.Aliases {
			r.contextName(schema.VarContexts, alias)
		}
	}
	for _, name := range j.Image.Packages {
		if j.IsCompiled && strings.HasPrefix(name, "-") { // a list written by hand may hold options, as with ci-templates
			r.Fail("%s: %q is an option and no package", schema.VarDistributionPackages, name)
		}
	}
}

// contextName fails for a name that buildah would read as another one: it reads "NAME=VALUE".
func (r reader) contextName(variable, name string) {
	if name == "" || strings.Contains(name, "=") {
		r.Fail("%s: %q is no name of a context: it is not empty, and has no '='", variable, name)
	}
}
