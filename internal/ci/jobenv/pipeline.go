package jobenv

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/schema"
)

// The functions below read https://docs.gitlab.com/ci/variables/predefined_variables/.

// IsUnprotected reports whether the pipeline is that of a branch or tag that is not protected; false outside of a pipeline.
func IsUnprotected(getenv func(string) string) bool {
	isProtected := getenv("CI_COMMIT_REF_PROTECTED")
	return isProtected != "" && isProtected != "true"
}

// IsOnMergeRequest reports whether the pipeline is that of a merge request within the project.
func IsOnMergeRequest(getenv func(string) string) bool {
	return getenv("CI_MERGE_REQUEST_IID") != "" && getenv("CI_MERGE_REQUEST_PROJECT_PATH") == getenv("CI_PROJECT_PATH")
}

// RequireProtected fails in the pipeline of a branch or tag that is not protected: whoever may push there may also edit the rules
// that keep a job out. Outside of a pipeline everything is allowed.
func RequireProtected(getenv func(string) string, what string) error {
	if !IsUnprotected(getenv) {
		return nil
	}
	kind := "branches"
	if getenv("CI_COMMIT_TAG") != "" {
		kind = "tags"
	}
	return UsageError{fmt.Errorf(`%s: %s is not protected; protect it under Settings > Repository > Protected %s, or add to the rule of this job: && $CI_COMMIT_REF_PROTECTED == "true"`, what, getenv("CI_COMMIT_REF_NAME"), kind)}
}

// GitLab returns a function that makes a client of the GitLab that runs the job, with a token.
func GitLab(getenv func(string) string) func(gitlab.Token) (*gitlab.Client, error) {
	return func(token gitlab.Token) (*gitlab.Client, error) {
		return gitlab.Connect(getenv, getenv("CI_API_V4_URL"), token)
	}
}

// IsTrialRebuild reports whether the pipeline builds every image and throws the results away.
func IsTrialRebuild(getenv func(string) string) bool {
	return getenv(schema.VarTrialRebuild) != "" || getenv(schema.VarCanary) != ""
}

// Trial says why the images of the pipeline are for nobody else: those of a trial rebuild or a snapshot. It is empty in other pipelines.
func Trial(getenv func(string) string) string {
	switch {
	case IsTrialRebuild(getenv):
		return "the images of a trial rebuild are thrown away"
	case getenv(schema.VarSnapshot) != "":
		return "snapshots are never released"
	default:
		return ""
	}
}
