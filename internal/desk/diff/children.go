package diff

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

// Child is a child pipeline that jobs in the project's own files start, if the change touches it.
type Child struct {
	// StartedBy are the jobs that start it. One that is in a child pipeline itself follows the job that starts that: "deploy > region".
	StartedBy []string `json:"started_by"`
	// OldRefused and NewRefused are errors because of which GitLab refuses it. Then its jobs are not compared.
	OldRefused []Finding `json:"old_refused,omitempty"`
	NewRefused []Finding `json:"new_refused,omitempty"`
	// Pipeline are the changes of the keys at the top of its files, and Jobs those of its jobs.
	Pipeline []Change `json:"pipeline,omitempty"`
	Jobs     []Job    `json:"jobs"`
}

// start is a job that starts a child pipeline.
type start struct {
	job     string
	include *ciyaml.Value
}

// The limits of GitLab: https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#nested-child-pipelines. GitLab starts no pipelines beyond these.
const (
	maxDepth    = 2
	maxChildren = 1000
)

// children returns the child pipelines by the jobs that start them. Those on the second level end at GitLab's limit: a file can start itself.
func (p *pipelines) children(top *handwritten) (map[string]*handwritten, error) {
	children := map[string]*handwritten{}
	var add func(parent *handwritten, path string, depth int) error
	add = func(parent *handwritten, path string, depth int) error {
		for _, start := range parent.starts {
			if depth > maxDepth || depth > 1 && len(children) >= maxChildren {
				return nil
			}
			child, err := p.child(start.include)
			if err != nil {
				return err
			}
			children[path+start.job] = child
			if err := add(child, path+start.job+" > ", depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return children, add(top, "", 1)
}

// child reads a child pipeline once.
func (p *pipelines) child(include *ciyaml.Value) (*handwritten, error) {
	key := describe(plainYAML(include))
	if child, isDone := p.done[key]; isDone {
		return child, nil
	}
	child, err := p.read(ciyaml.Source{Include: include})
	p.done[key] = child
	return child, err
}

// isEntry reports whether an include is one of the entries that a child pipeline is started with.
func isEntry(entries *ciyaml.Value, include ciyaml.Include) bool {
	if entries == nil {
		return false
	}
	return entries.At == include.At || slices.ContainsFunc(entries.Items, func(entry *ciyaml.Value) bool { return entry.At == include.At })
}

// compareChildren compares the child pipelines. Jobs that start the same one share the result.
func (c *comparison) compareChildren() (touched []Child) {
	was, is := c.old.children, c.new.children
	index := map[[2]*handwritten]int{}
	for _, name := range keysOf(was, is) {
		pair := [2]*handwritten{was[name], is[name]}
		i, isKnown := index[pair]
		if !isKnown {
			i, index[pair] = len(touched), len(touched)
			touched = append(touched, compareChild(pair[0], pair[1]))
		}
		touched[i].StartedBy = append(touched[i].StartedBy, name)
	}
	return slices.DeleteFunc(touched, func(child Child) bool {
		return len(child.OldRefused)+len(child.NewRefused)+len(child.Pipeline)+len(child.Jobs) == 0
	})
}

// compareChild compares a child pipeline. It is nil in a version in which no job starts it.
func compareChild(old, new *handwritten) Child {
	if old == nil {
		old = &handwritten{}
	}
	if new == nil {
		new = &handwritten{}
	}
	child := Child{OldRefused: old.refused, NewRefused: new.refused, Jobs: []Job{}}
	if len(old.refused)+len(new.refused) == 0 {
		child.Pipeline = compareKeywords(old.keywords, new.keywords)
		child.Jobs = append(compareJobs(visible(old.jobs), visible(new.jobs), nil, nil), compareAdditions(old, new, func(string) bool { return false })...)
	}
	return child
}

func visible(jobs []job) []job {
	return slices.DeleteFunc(slices.Clone(jobs), func(j job) bool { return strings.HasPrefix(j.name, ".") })
}

// adopt moves the keys that child pipelines add to compiled jobs to the keys of the project's pipeline: a project can start all compiled jobs as
// a child pipeline.
func (h half) adopt() {
	for _, name := range keysOf(h.children) {
		child := h.children[name]
		if !child.hasCompiled {
			continue
		}
		child.jobs = slices.DeleteFunc(child.jobs, func(j job) bool {
			if !h.names[j.name] {
				return false
			}
			h.handwritten.jobs = append(h.handwritten.jobs, j)
			h.handwritten.own[j.name] = child.own[j.name]
			return true
		})
	}
}

// unread returns the jobs that start child pipelines whose files are not in the repository.
func unread(children map[string]*handwritten) []string {
	return slices.DeleteFunc(keysOf(children), func(name string) bool { return !children[name].isUnread })
}
