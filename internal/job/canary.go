package job

import "gitlab.com/stemma-ci/stemma/schema"

// isCanary reports whether the pipeline throws its images away, and says what does not happen then.
func (e Env) isCanary(what string) bool {
	if e.Getenv(schema.VarCanary) == "" {
		return false
	}
	e.logf("%s: the canary's images are thrown away.", what)
	return true
}
