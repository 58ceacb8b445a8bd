//go:build e2e

package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	gitlabci "gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

const (
	// resolvedFolder is where resolved pipelines are while they run.
	resolvedFolder = "resolved-pipelines"
	// variablesFile has variables that gitlab-ci-local gives all jobs.
	variablesFile = ".gitlab-ci-local-variables.yml"
)

// errNoJobs says that GitLab creates no pipeline, because no job is selected.
var errNoJobs = errors.New("the pipeline has no jobs")

// resolve evaluates the project's pipeline as GitLab does, and writes a file that has its jobs and no rules. gitlab-ci-local then runs
// exactly these jobs.
func (p *project) resolve(given map[string]string, inputs *ciyaml.Value) (file string, err error) {
	evaluated := gitlabci.Evaluate(gitlabci.Request{
		Project: &config.Project{Path: p.path, Tree: os.DirFS(p.dir)}, Kind: p.kind(given), Inputs: inputs, Changed: rule.Changed{IsKnown: p.changed != nil, Paths: p.changed},
	})
	if evaluated.Outcome == gitlabci.Empty {
		return "", errNoJobs
	}
	if evaluated.Outcome != gitlabci.Created {
		return "", fmt.Errorf("the pipeline is %s\n%s", evaluated.Outcome, evaluated.Problems)
	}
	if err := os.MkdirAll(filepath.Join(p.dir, resolvedFolder), 0o755); err != nil {
		return "", err
	}
	r := &resolver{project: p}
	if file, err = r.write("pipeline.yml", evaluated); err != nil || !r.hasChildren {
		return file, err
	}
	if out, err := exec.Command("git", "-C", p.dir, "add", resolvedFolder).CombinedOutput(); err != nil {
		return "", fmt.Errorf("gitlab-ci-local includes only files that git has: %w: %s", err, out)
	}
	return file, p.predefine(given)
}

// forget removes what resolve has written.
func (p *project) forget() {
	_ = exec.Command("git", "-C", p.dir, "rm", "-r", "-q", "--cached", "--ignore-unmatch", resolvedFolder).Run()
	os.RemoveAll(filepath.Join(p.dir, resolvedFolder))
	os.RemoveAll(filepath.Join(p.dir, variablesFile))
}

// predefine writes the predefined variables to a file that each child pipeline reads: gitlab-ci-local hands none down.
func (p *project) predefine(given map[string]string) error {
	predefined := map[string]string{}
	for name, value := range given {
		if strings.HasPrefix(name, "CI_") {
			predefined[name] = value
		}
	}
	content, err := json.Marshal(predefined)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.dir, variablesFile), content, 0o644)
}

// kind is the kind of pipeline that variables describe. Without any it is a push to the default branch.
func (p *project) kind(given map[string]string) gitlabci.Kind {
	out := gitlabci.Kind{Name: "e2e", KnowsChanges: p.changed != nil, Predefined: map[string]string{
		"CI": "true", "GITLAB_CI": "true", "CI_PROJECT_PATH": p.path, "CI_PIPELINE_SOURCE": "push",
		"CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main",
	}}
	for name, value := range given {
		if strings.HasPrefix(name, "CI_") {
			out.Predefined[name] = value
			continue
		}
		out.Variables = append(out.Variables, variable.Variable{Name: name, Value: value})
	}
	if given["CI_PIPELINE_SOURCE"] == "merge_request_event" {
		delete(out.Predefined, "CI_COMMIT_BRANCH")
	}
	if tag := given["CI_COMMIT_TAG"]; tag != "" {
		out.Predefined["CI_COMMIT_REF_NAME"] = tag
		delete(out.Predefined, "CI_COMMIT_BRANCH")
	}
	return out
}

// resolver writes pipelines without rules.
type resolver struct {
	project *project
	count   int
	// hasChildren says that there is a child pipeline, to which gitlab-ci-local hands no variables.
	hasChildren bool
}

// entry is a key of a JSON object. JSON is YAML, too.
type entry struct {
	name  string
	value any
}

// object is a JSON object that keeps its order.
type object []entry

func (o object) MarshalJSON() ([]byte, error) {
	parts := make([]string, len(o))
	for i, m := range o {
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		parts[i] = string(name) + ": " + string(value)
	}
	return []byte("{" + strings.Join(parts, ",\n") + "}"), nil
}

// write writes a pipeline and the child pipelines that it starts.
func (r *resolver) write(name string, p *gitlabci.Pipeline) (file string, err error) {
	var stages []string
	for _, job := range p.Jobs {
		if !slices.Contains(stages, job.Stage) {
			stages = append(stages, job.Stage)
		}
	}
	out := object{{"stages", stages}, {"variables", object{}}}
	for _, job := range p.Jobs {
		resolved, err := r.job(p, job)
		if err != nil {
			return "", err
		}
		out = append(out, entry{job.Name, resolved})
	}
	content, err := json.Marshal(out)
	if err != nil {
		return "", err
	}
	file = resolvedFolder + "/" + name
	return file, os.WriteFile(filepath.Join(r.project.dir, file), content, 0o644)
}

// replaced are the keys that are not copied from a job.
var replaced = []string{"extends", "rules", "only", "except", "inherit", "when", "allow_failure", "variables", "needs", "dependencies", "trigger", "parallel"}

func (r *resolver) job(p *gitlabci.Pipeline, job gitlabci.Job) (object, error) {
	var out object
	for _, field := range job.Keys.Fields {
		if !slices.Contains(replaced, field.Name) {
			out = append(out, entry{field.Name, plain(field.Value)})
		}
	}
	failure := job.Keys.Get("allow_failure")
	if failure != nil && failure.Kind == ciyaml.Map && !job.AllowFailure {
		out = append(out, entry{"allow_failure", plain(failure)})
	} else {
		out = append(out, entry{"allow_failure", job.AllowFailure})
	}
	jobVariables := variables(job.Variables.With(p.Variables()))
	if r.project.storage != "" {
		file, err := r.newStorage()
		if err != nil {
			return nil, err
		}
		jobVariables = append(jobVariables, entry{"CONTAINERS_STORAGE_CONF", file})
	}
	out = append(out, entry{"when", string(job.When)}, entry{"variables", jobVariables})
	if job.HasNeeds {
		out = append(out, entry{"needs", needs(p, job)})
	}
	if dependencies := job.Keys.Get("dependencies"); dependencies != nil {
		out = append(out, entry{"dependencies", slices.DeleteFunc(dependencies.Texts(), func(name string) bool { return !has(p, name) })})
	}
	child, ok := p.Child(job)
	if !ok {
		return out, nil
	}
	if child.Outcome != gitlabci.Created {
		return nil, fmt.Errorf("%s starts a pipeline that is %s\n%s", job.Name, child.Outcome, child.Problems)
	}
	r.count++
	r.hasChildren = true
	file, err := r.write(fmt.Sprintf("child-%d.yml", r.count), child)
	return append(out, entry{"trigger", object{{"include", []object{{{"local", file}}}}, {"strategy", "depend"}}}), err
}

// newStorage writes the configuration of an empty storage.
func (r *resolver) newStorage() (file string, err error) {
	folder, err := os.MkdirTemp(r.project.storage, "job-")
	if err != nil {
		return "", err
	}
	file = filepath.Join(folder, "storage.conf")
	// Overlay would leave mounts behind.
	content := fmt.Sprintf("[storage]\ndriver = \"vfs\"\ngraphroot = %q\nrunroot = %q\n", filepath.Join(folder, "graph"), filepath.Join(folder, "run"))
	return file, os.WriteFile(file, []byte(content), 0o600)
}

func has(p *gitlabci.Pipeline, name string) bool {
	_, ok := p.Job(name)
	return ok
}

// needs are those that the pipeline has.
func needs(p *gitlabci.Pipeline, job gitlabci.Job) []object {
	out := []object{}
	for _, need := range job.Needs {
		if has(p, need.Job) {
			out = append(out, object{{"job", need.Job}, {"artifacts", need.Artifacts}})
		}
	}
	return out
}

func variables(list variable.List) object {
	out := object{}
	for _, v := range list {
		if v.IsRaw {
			out = append(out, entry{v.Name, object{{"value", v.Value}, {"expand", false}}})
			continue
		}
		out = append(out, entry{v.Name, v.Value})
	}
	return out
}

// plain is a value of a pipeline as JSON has it.
func plain(v *ciyaml.Value) any {
	switch v.Kind {
	case ciyaml.Text:
		switch v.Type {
		case ciyaml.Boolean:
			return v.Text == "true"
		case ciyaml.Integer, ciyaml.Float:
			return json.Number(v.Text)
		case ciyaml.String:
		}
		return v.Text
	case ciyaml.List, ciyaml.Reference:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = plain(item)
		}
		return out
	case ciyaml.Map:
		out := object{}
		for _, field := range v.Fields {
			out = append(out, entry{field.Name, plain(field.Value)})
		}
		return out
	case ciyaml.Null:
	}
	return nil
}
