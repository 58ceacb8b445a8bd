package inspect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/glob"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// Event is what starts a pipeline.
type Event struct {
	// Name is one of Events.
	Name string
	// Branch is the branch, or the source branch of the merge request, and Tag the git tag of the event "tag". DefaultBranch is the project's.
	Branch, Tag, DefaultBranch string
	// Protected is "true" or "false"; empty for the usual: the default branch and git tags are protected.
	Protected string
	// IsFork says that it happens in a fork.
	IsFork bool
	// Changed are paths or patterns of changed files; if it is nil, the changes are unknown, and each rule with `changes` holds.
	Changed []string
	// Variables and Inputs are those of the pipeline, as NAME=value.
	Variables, Inputs []string
}

// Events are the names of events, those of a project's day first.
var Events = []string{"merge_request", "push", "schedule", "tag", "trigger", "web", "api", "pipeline"}

// kinds are the kinds of pipeline of the events on branches, by whether the branch is the default one.
var kinds = map[string]map[bool]string{
	"push":     {true: "default", false: "topic"},
	"schedule": {true: "schedule", false: "schedule-topic"},
	"web":      {true: "web", false: "web-topic"},
	"api":      {true: "api", false: "api"},
	"trigger":  {true: "trigger", false: "trigger"},
	"pipeline": {true: "pipeline", false: "pipeline"},
}

// descriptions describe the events, up to the branch or the tag.
var descriptions = map[string]string{
	"tag":           "The git tag",
	"merge_request": "A merge request of the branch",
	"push":          "A push to the branch",
	"pipeline":      "A pipeline of another project, on the branch",
	"schedule":      "A schedule, on the branch",
	"trigger":       "A trigger, on the branch",
	"web":           "A person who starts a pipeline, on the branch",
	"api":           "A call of GitLab's API, on the branch",
}

// String describes the event.
func (e Event) String() string { return descriptions[e.Name] + " " + e.ref() }

// ref is the tag of the event "tag", or else the branch.
func (e Event) ref() string {
	if e.Name == "tag" {
		return e.Tag
	}
	return e.Branch
}

// complete sets the defaults.
func (e Event) complete() Event {
	e.DefaultBranch = cmp.Or(e.DefaultBranch, "main")
	e.Tag = cmp.Or(e.Tag, "1.0.0")
	if e.Name == "merge_request" {
		e.Branch = cmp.Or(e.Branch, "topic")
	}
	e.Branch = cmp.Or(e.Branch, e.DefaultBranch)
	if e.Protected == "" {
		e.Protected = strconv.FormatBool(e.Name == "tag" || e.Name != "merge_request" && e.Branch == e.DefaultBranch)
	}
	return e
}

// check returns a usage error for an event that makes no sense.
func (e Event) check() error {
	switch {
	case !slices.Contains(Events, e.Name):
		return cli.Usagef("--event is one of %s", strings.Join(Events, ", "))
	case e.Tag != "" && e.Name != "tag":
		return cli.Usagef("--tag is for the event tag")
	case e.Branch != "" && e.Name == "tag":
		return cli.Usagef("the event tag has no branch: leave out --branch")
	case e.Protected != "" && e.Protected != "true" && e.Protected != "false":
		return cli.Usagef("--protected is true or false")
	}
	return nil
}

// request is what GitLab knows about the event.
func (e Event) request(source *config.Project) (pipeline.Request, error) {
	kind := e.kind(source.Path)
	var err error
	if kind.Variables, err = assignments("--variable", e.Variables); err != nil {
		return pipeline.Request{}, err
	}
	given, err := assignments("--input", e.Inputs)
	if err != nil {
		return pipeline.Request{}, err
	}
	request := pipeline.Request{Project: source, Kind: kind, Inputs: inputs(given)}
	if e.Changed != nil {
		request.Changed.IsKnown = true
		request.Changed.Paths, err = changed(source.Files(), e.Changed)
	}
	return request, err
}

// openChanges says why each rule with `changes` holds; it is empty if the files are compared.
func (e Event) openChanges(kind pipeline.Kind) string {
	switch {
	case !kind.KnowsChanges:
		return "GitLab compares no files for this event, so each rule with `changes` holds"
	case e.Changed == nil:
		return "which files change is unknown, so each rule with `changes` holds; name them with --changed"
	default:
		return ""
	}
}

// kind is the event with the names of the project and its refs.
func (e Event) kind(path string) pipeline.Kind {
	name := "tag"
	switch {
	case e.Name == "merge_request" && e.IsFork:
		name = "mr-fork"
	case e.Name == "merge_request":
		name = "mr"
	case e.Name != "tag":
		name = kinds[e.Name][e.Branch == e.DefaultBranch]
	}
	kind, _ := pipeline.Find(name)
	ref, own := e.ref(), path
	if e.IsFork {
		path = "fork/" + path[strings.LastIndexByte(path, '/')+1:]
	}
	predefined := map[string]string{
		"CI_PROJECT_PATH": path, "CI_PROJECT_NAME": path[strings.LastIndexByte(path, '/')+1:], "CI_REGISTRY_IMAGE": kind.Predefined["CI_REGISTRY"] + "/" + strings.ToLower(path),
		"CI_DEFAULT_BRANCH": e.DefaultBranch, "CI_COMMIT_REF_NAME": ref, "CI_COMMIT_REF_PROTECTED": e.Protected,
	}
	for _, name := range []string{"CI_COMMIT_BRANCH", "CI_COMMIT_TAG", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"} {
		if _, ok := kind.Predefined[name]; ok {
			predefined[name] = ref
		}
	}
	if _, ok := kind.Predefined["CI_MERGE_REQUEST_IID"]; ok {
		predefined["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"] = e.DefaultBranch
		predefined["CI_MERGE_REQUEST_PROJECT_PATH"], predefined["CI_MERGE_REQUEST_SOURCE_PROJECT_PATH"] = own, path
	}
	return kind.With(predefined)
}

// assignments reads NAME=value.
func assignments(flag string, texts []string) (variable.List, error) {
	var out variable.List
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, cli.Usagef("%s wants NAME=VALUE", flag)
		}
		out = append(out, variable.Variable{Name: name, Value: value})
	}
	return out, nil
}

func inputs(given variable.List) *ciyaml.Value {
	if len(given) == 0 {
		return nil
	}
	out := &ciyaml.Value{Kind: ciyaml.Map}
	for _, v := range given {
		out.Fields = append(out.Fields, ciyaml.Field{Name: v.Name, Value: &ciyaml.Value{Kind: ciyaml.Text, Text: v.Value}})
	}
	return out
}

// changed are the files that patterns match. A path without a pattern may be that of a file that is gone.
func changed(files, patterns []string) ([]string, error) {
	var out []string
	for _, pattern := range patterns {
		if !strings.ContainsAny(pattern, "*?[{") {
			out = append(out, strings.TrimPrefix(pattern, "./"))
			continue
		}
		matching := slices.DeleteFunc(slices.Clone(files), func(file string) bool { return !glob.Parse(pattern).Match(file) })
		if len(matching) == 0 {
			return nil, cli.Usagef("--changed: no file of the project matches %q", pattern)
		}
		out = append(out, matching...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
