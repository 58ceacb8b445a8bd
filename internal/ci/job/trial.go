package job

import "gitlab.com/stemma-ci/stemma/schema"

// isTrial reports whether the images of the pipeline are for nobody else: a canary's, or a snapshot's. It says what does not happen
// then.
func (e Env) isTrial(what string) bool {
	switch {
	case e.Getenv(schema.VarCanary) != "":
		e.logf("%s: the canary's images are thrown away.", what)
	case e.Getenv(schema.VarSnapshot) != "":
		e.logf("%s: snapshots are never released.", what)
	default:
		return false
	}
	return true
}
