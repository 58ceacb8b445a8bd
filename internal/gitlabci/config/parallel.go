package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// maxParallel is how many jobs GitLab makes of one.
const maxParallel = 200

// instance is one of the jobs that `parallel` makes.
type instance struct {
	name      string
	variables variable.List
}

// expandParallel replaces the jobs with `parallel` by their instances, in `needs` and `dependencies` as well.
func (r *reader) expandParallel(jobs []*Job) []*Job {
	instances := map[string][]instance{}
	for _, job := range jobs {
		if parallel := job.Keys.Get("parallel"); parallel != nil {
			instances[job.Name] = r.instances(job, parallel)
		}
	}
	if len(instances) == 0 {
		return jobs
	}
	var out []*Job
	for _, job := range jobs {
		job.Needs = expandNeeds(job.Needs, instances)
		job.Dependencies = expandNames(job.Dependencies, instances)
		made, ok := instances[job.Name]
		if !ok {
			out = append(out, job)
		}
		for _, instance := range made {
			copied := *job
			copied.Name = instance.name
			copied.Variables = job.Variables.With(instance.variables)
			out = append(out, &copied)
		}
	}
	return out
}

func (r *reader) instances(job *Job, parallel *ciyaml.Value) []instance {
	where := "jobs:" + job.Name + ":parallel"
	if parallel.Kind == ciyaml.Map {
		var out []instance
		for _, values := range r.matrix(parallel, where) {
			out = append(out, combination(job.Name, values))
		}
		return out
	}
	n, err := strconv.Atoi(parallel.Text)
	if err != nil || parallel.Type != ciyaml.Integer || n < 1 || n > maxParallel {
		r.fail(parallel, where, "should be an integer from 1 to %d, or a hash", maxParallel)
		return nil
	}
	if job.Trigger != nil {
		r.fail(parallel, where, `cannot use "parallel: <number>".`)
	}
	out := make([]instance, n)
	for i := range out {
		out[i].name = fmt.Sprintf("%s %d/%d", job.Name, i+1, n)
	}
	return out
}

// combination is the job of one combination of a matrix.
func combination(name string, values variable.List) instance {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.Value
	}
	return instance{name: name + ": [" + strings.Join(texts, ", ") + "]", variables: values}
}

// matrix are the combinations of a matrix.
func (r *reader) matrix(parallel *ciyaml.Value, where string) []variable.List {
	r.mapping(parallel, where, "matrix")
	matrix := parallel.Get("matrix")
	if matrix == nil || matrix.Kind != ciyaml.List {
		r.fail(parallel, where, "matrix config should be an array of hashes")
		return nil
	}
	var out []variable.List
	for _, item := range matrix.Items {
		if item.Kind != ciyaml.Map || len(item.Fields) == 0 {
			r.fail(item, where, "matrix config should be an array of hashes with at least one item")
			continue
		}
		out = append(out, r.combinations(item, maxParallel+1-len(out))...)
	}
	if len(out) > maxParallel {
		r.fail(matrix, where, "matrix config generates too many jobs (maximum is %d)", maxParallel)
	}
	return out
}

// combinations are those of one entry of a matrix, at most a number of them.
func (r *reader) combinations(v *ciyaml.Value, limit int) []variable.List {
	out := []variable.List{nil}
	for _, field := range v.Fields {
		items := field.Value.OneOrMore()
		var next []variable.List
		for _, before := range out {
			for _, item := range items[:max(0, min(len(items), limit-len(next)))] {
				next = append(next, append(slices.Clone(before), variable.Variable{Name: field.Name, Value: item.Text}))
			}
		}
		out = next
	}
	return out
}

func expandNames(names []string, instances map[string][]instance) []string {
	var out []string
	for _, name := range names {
		made, ok := instances[name]
		if !ok {
			out = append(out, name)
		}
		for _, instance := range made {
			out = append(out, instance.name)
		}
	}
	return out
}

func expandNeeds(needs []Need, instances map[string][]instance) []Need {
	var out []Need
	for _, need := range needs {
		made, ok := instances[need.Job]
		if !ok {
			out = append(out, need)
			continue
		}
		if need.matrix != nil {
			made = nil
			for _, values := range need.matrix {
				made = append(made, combination(need.Job, values))
			}
		}
		for _, instance := range made {
			expanded := need
			expanded.Job, expanded.matrix = instance.name, nil
			out = append(out, expanded)
		}
	}
	return out
}
