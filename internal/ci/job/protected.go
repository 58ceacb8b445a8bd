package job

import "fmt"

// isUnprotected reports whether the pipeline is that of a branch or tag that is not protected. Outside of a pipeline nothing says so.
// https://docs.gitlab.com/ci/variables/predefined_variables/ has the variable.
func isUnprotected(getenv func(string) string) bool {
	isProtected := getenv("CI_COMMIT_REF_PROTECTED")
	return isProtected != "" && isProtected != "true"
}

// isOnMergeRequest reports whether the pipeline is that of a merge request within the project.
func isOnMergeRequest(getenv func(string) string) bool {
	return getenv("CI_MERGE_REQUEST_IID") != "" && getenv("CI_MERGE_REQUEST_PROJECT_PATH") == getenv("CI_PROJECT_PATH")
}

// requireProtected fails in the pipeline of a branch or tag that is not protected: whoever may push there may also edit the rules
// that keep a job out. Outside of a pipeline everything is allowed.
func (e Env) requireProtected(what string) error {
	if !isUnprotected(e.Getenv) {
		return nil
	}
	kind := "branches"
	if e.Getenv("CI_COMMIT_TAG") != "" {
		kind = "tags"
	}
	return UsageError{fmt.Errorf(`%s: %s is not protected; protect it under Settings > Repository > Protected %s, or add to the rule of this job: && $CI_COMMIT_REF_PROTECTED == "true"`, what, e.Getenv("CI_COMMIT_REF_NAME"), kind)}
}
