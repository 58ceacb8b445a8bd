package pipeline

import (
	"maps"
	"slices"
	"strconv"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// Kind is a way in which a pipeline starts: what GitLab predefines for it, and which variables it brings.
type Kind struct {
	Name string
	// Predefined are the predefined variables that conditions ask about
	// (https://docs.gitlab.com/ci/variables/predefined_variables/). A variable that is not there is undefined.
	Predefined map[string]string
	// Variables are the pipeline's own, as those of a trigger.
	Variables variable.List
	// KnowsChanges says that GitLab compares the commit with another one, so that `changes` can fail.
	KnowsChanges bool
}

// Source is the value of CI_PIPELINE_SOURCE.
func (k Kind) Source() string { return k.Predefined["CI_PIPELINE_SOURCE"] }

// With returns the kind with other predefined variables over its own.
func (k Kind) With(predefined map[string]string) Kind {
	k.Predefined = maps.Clone(k.Predefined)
	maps.Copy(k.Predefined, predefined)
	return k
}

// Kinds returns a table of the kinds of pipeline that differ for conditions, for the project "group/project" with the default branch
// "main".
func Kinds() []Kind {
	return slices.Concat(mergeRequests(), branches(), tags(), started(), downstream())
}

// Find returns a kind of the table by its name.
func Find(name string) (Kind, bool) {
	for _, kind := range Kinds() {
		if kind.Name == name {
			return kind, true
		}
	}
	return Kind{}, false
}

const (
	project       = "group/project"
	fork          = "fork/project"
	defaultBranch = "main"
	topicBranch   = "topic"
	openRequest   = project + "!7"
)

// common are the variables that all pipelines have.
func common(source, ref string, isProtected bool) map[string]string {
	return map[string]string{
		"CI": "true", "GITLAB_CI": "true",
		"CI_API_V4_URL":           "https://gitlab.example.org/api/v4",
		"CI_SERVER_FQDN":          "gitlab.example.org",
		"CI_SERVER_HOST":          "gitlab.example.org",
		"CI_SERVER_URL":           "https://gitlab.example.org",
		"CI_PROJECT_ID":           "1",
		"CI_PROJECT_NAME":         "project",
		"CI_PROJECT_NAMESPACE":    "group",
		"CI_PROJECT_PATH":         project,
		"CI_DEFAULT_BRANCH":       defaultBranch,
		"CI_REGISTRY":             "registry.example.org",
		"CI_REGISTRY_IMAGE":       "registry.example.org/" + project,
		"CI_COMMIT_SHA":           "1111111111111111111111111111111111111111",
		"CI_COMMIT_REF_NAME":      ref,
		"CI_COMMIT_REF_PROTECTED": strconv.FormatBool(isProtected),
		"CI_PIPELINE_SOURCE":      source,
	}
}

// onBranch is a pipeline of a branch.
func onBranch(name, source, branch string, isProtected bool) Kind {
	predefined := common(source, branch, isProtected)
	predefined["CI_COMMIT_BRANCH"] = branch
	return Kind{Name: name, Predefined: predefined, KnowsChanges: source == "push"}
}

// onTag is a pipeline of a tag. GitLab compares a new tag with nothing.
func onTag(name, tag string, isProtected bool) Kind {
	predefined := common("push", tag, isProtected)
	predefined["CI_COMMIT_TAG"] = tag
	return Kind{Name: name, Predefined: predefined}
}

// onRequest is a pipeline of a merge request.
func onRequest(name, event, sourceBranch, sourceProject, runsIn string) Kind {
	predefined := common("merge_request_event", sourceBranch, false)
	maps.Copy(predefined, map[string]string{
		"CI_PROJECT_PATH":                      runsIn,
		"CI_MERGE_REQUEST_ID":                  "70",
		"CI_MERGE_REQUEST_IID":                 "7",
		"CI_MERGE_REQUEST_EVENT_TYPE":          event,
		"CI_MERGE_REQUEST_PROJECT_PATH":        project,
		"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME":  sourceBranch,
		"CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": sourceProject,
		"CI_MERGE_REQUEST_TARGET_BRANCH_NAME":  defaultBranch,
		"CI_OPEN_MERGE_REQUESTS":               openRequest,
	})
	return Kind{Name: name, Predefined: predefined, KnowsChanges: true}
}

func mergeRequests() []Kind {
	return []Kind{
		onRequest("mr", "detached", topicBranch, project, project),
		onRequest("mr-merged", "merged_result", topicBranch, project, project),
		onRequest("mr-from-default", "detached", defaultBranch, project, project),
		onRequest("mr-fork", "detached", topicBranch, fork, fork),
		onRequest("mr-fork-in-parent", "merged_result", topicBranch, fork, project),
		onRequest("train", "merge_train", topicBranch, project, project),
	}
}

func branches() []Kind {
	first := onBranch("first-push", "push", topicBranch, false)
	first.Predefined["CI_COMMIT_BEFORE_SHA"] = "0000000000000000000000000000000000000000"
	first.KnowsChanges = false
	return []Kind{
		onBranch("default", "push", defaultBranch, true),
		onBranch("default-unprot", "push", defaultBranch, false),
		onBranch("topic", "push", topicBranch, false),
		onBranch("topic+mr", "push", topicBranch, false).With(map[string]string{"CI_OPEN_MERGE_REQUESTS": openRequest}),
		first,
		onBranch("protected", "push", "stable", true),
		onBranch("fork", "push", defaultBranch, true).With(map[string]string{"CI_PROJECT_PATH": fork}),
	}
}

func tags() []Kind {
	return []Kind{onTag("tag", "1.2.3", true), onTag("tag-unprot", "foo", false)}
}

// started are pipelines that no change starts.
func started() []Kind {
	rebuild := onBranch("api-rebuild", "api", defaultBranch, true)
	rebuild.Variables = variable.List{{Name: "STEMMA_REBUILD", Value: "base"}}
	return []Kind{
		onBranch("schedule", "schedule", defaultBranch, true),
		onBranch("schedule-topic", "schedule", topicBranch, false),
		onBranch("web", "web", defaultBranch, true),
		onBranch("web-topic", "web", topicBranch, false),
		onBranch("api", "api", defaultBranch, true),
		rebuild,
		onBranch("chat", "chat", defaultBranch, true),
	}
}

// downstream are pipelines that other pipelines start.
func downstream() []Kind {
	isTriggered := map[string]string{"CI_PIPELINE_TRIGGERED": "true"}
	poked := onBranch("trigger-poke", "trigger", defaultBranch, true).With(isTriggered)
	poked.Variables = variable.List{{Name: "STEMMA_POKED_BY", Value: "a/b/base"}, {Name: "STEMMA_WAVE", Value: "w1"}}
	request := onRequest("parent_pipeline-mr", "detached", topicBranch, project, project)
	return []Kind{
		onBranch("trigger", "trigger", defaultBranch, true).With(isTriggered),
		poked,
		onBranch("pipeline", "pipeline", defaultBranch, true),
		onBranch("parent_pipeline", "parent_pipeline", defaultBranch, true),
		request.With(map[string]string{"CI_PIPELINE_SOURCE": "parent_pipeline"}),
	}
}
