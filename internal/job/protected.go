package job

import "fmt"

// requireProtected fails in the pipeline of a branch or tag that is not protected: whoever may push there may also edit the rules
// that keep a job out. Outside of a pipeline nothing says so, and everything is allowed.
// https://docs.gitlab.com/ci/variables/predefined_variables/ has the variable.
func (e Env) requireProtected(what string) error {
	if isProtected := e.Getenv("CI_COMMIT_REF_PROTECTED"); isProtected == "" || isProtected == "true" {
		return nil
	}
	kind := "branches"
	if e.Getenv("CI_COMMIT_TAG") != "" {
		kind = "tags"
	}
	return UsageError{fmt.Errorf(`%s: %s is not protected; protect it under Settings > Repository > Protected %s, or add to the rule of this job: && $CI_COMMIT_REF_PROTECTED == "true"`, what, e.Getenv("CI_COMMIT_REF_NAME"), kind)}
}
