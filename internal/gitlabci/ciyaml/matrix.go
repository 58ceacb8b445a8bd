package ciyaml

import (
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// maxCombinations is how many jobs GitLab makes of one with a matrix.
const maxCombinations = 200

// Combination is one of the jobs that `parallel: matrix` makes.
type Combination struct {
	// Label is what GitLab adds to the job's name, "a, b"; it is empty where there is no matrix.
	Label string
	// Variables are the job's, with those of the matrix over them, and CI_JOB_NAME.
	Variables Variables
	// Matrix are the names of those of the matrix, in their order.
	Matrix []string
}

// Combinations are the jobs that a job's matrix makes of it, not more than GitLab allows; one where it has none.
func (j *Job) Combinations() []Combination {
	matrix := j.Keys.Get("parallel").Get("matrix")
	if matrix == nil || len(matrix.Items) == 0 {
		return []Combination{{Variables: j.named("").with(j.Variables)}}
	}
	var out []Combination
	for _, item := range matrix.Items {
		if item.Kind == Map && len(out) < maxCombinations {
			out = append(out, combine(item.Fields)...)
		}
	}
	for i := range out {
		values := make([]string, len(out[i].Matrix))
		for n, name := range out[i].Matrix {
			values[n] = out[i].Variables[name].Value
		}
		out[i].Label = strings.Join(values, ", ")
		out[i].Variables = j.named(": [" + out[i].Label + "]").with(j.Variables).with(out[i].Variables)
	}
	return out
}

// named are the variables that GitLab sets and that follow from the file.
func (j *Job) named(label string) Variables {
	return Variables{"CI_JOB_NAME": {Value: j.Name + label, IsRaw: true, At: j.At}}
}

// checkMatrix reports a matrix that makes too many jobs.
func (r *reader) checkMatrix(job *Job) {
	matrix := job.Keys.Get("parallel").Get("matrix")
	if matrix == nil {
		return
	}
	total := 0
	for _, item := range matrix.Items {
		product := 1
		for _, field := range item.Fields {
			if field.Value.Kind == List {
				product = min(product*len(field.Value.Items), maxCombinations+1)
			}
		}
		total += product
	}
	if total > maxCombinations {
		r.fail(matrix.At, "the matrix of %s makes more than %d jobs", diagnostic.Quote(job.Name), maxCombinations).
			WithHint("give it fewer values, or make two jobs of it")
	}
}

// combine are the combinations of one entry of a matrix.
func combine(fields []Field) []Combination {
	out := []Combination{{Variables: Variables{}}}
	for _, field := range fields {
		var next []Combination
		values := field.Value.OneOrMore()
		for _, under := range out {
			for _, value := range values[:min(len(values), maxCombinations-len(next))] {
				variables := maps.Clone(under.Variables)
				variables[field.Name] = Variable{Value: value.Text, At: value.At}
				next = append(next, Combination{Variables: variables, Matrix: append(slices.Clone(under.Matrix), field.Name)})
			}
		}
		out = next
	}
	return out
}
