package zuul

import (
	"io/fs"
	"path"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// layout is what the configuration of a project declares.
type layout struct {
	// variants are the definitions of each job, in their order.
	variants map[string][]*job
	// names are the jobs in the order of their first definitions.
	names     []string
	templates map[string]*node
	projects  []*node
	secrets   map[string]*node
	found     *diagnostic.List
}

// job is one definition of a job.
type job struct {
	name   string
	at     diagnostic.Span
	fields *node
}

// attribute is a value that the definition sets, or nil.
func (j *job) attribute(name string) *node { return j.fields.get(name) }

// read reads the files of a configuration.
func (l *layout) read(tree fs.FS, folder string, files []string) error {
	l.variants, l.templates, l.secrets = map[string][]*job{}, map[string]*node{}, map[string]*node{}
	for _, file := range files {
		source, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		root := parse(path.Join(folder, file), source, l.found)
		switch {
		case root == nil || root.isNull():
		case root.kind != list:
			l.found.Errorf(diagnostic.Import, root.at, "the file must be a list of items such as job and project")
		default:
			for _, item := range root.items {
				l.item(item)
			}
		}
	}
	return nil
}

// item takes one item of a configuration; those that say nothing of images are passed over.
func (l *layout) item(n *node) {
	if n.kind != mapping || len(n.fields) != 1 {
		l.found.Errorf(diagnostic.Import, n.at, "this must be a map of one key, such as job or project")
		return
	}
	what, value := n.fields[0].key, n.fields[0].value
	switch what {
	case "job", "project", "project-template", "secret":
	default:
		return
	}
	if value.kind != mapping {
		l.found.Errorf(diagnostic.Import, n.fields[0].at, "%s must be a map", what)
		return
	}
	name := value.get("name").printed()
	if name == "" && what != "project" {
		l.found.Errorf(diagnostic.Import, n.fields[0].at, "this %s has no name", what)
		return
	}
	for _, name := range []string{"vars", "extra-vars"} {
		if vars := value.get(name); vars != nil && vars.kind != mapping && !vars.isNull() {
			l.found.Errorf(diagnostic.Import, vars.at, "%s must be a map", name)
		}
	}
	switch what {
	case "job":
		if l.variants[name] == nil {
			l.names = append(l.names, name)
		}
		l.variants[name] = append(l.variants[name], &job{name: name, at: value.at, fields: value})
	case "project":
		l.projects = append(l.projects, value)
	case "project-template":
		l.templates[name] = value
	case "secret":
		l.secrets[name] = value
	}
}

// use is a job in a pipeline of the project, with the variables that it sets there.
type use struct {
	pipeline, job string
	at            diagnostic.Span
	// overrides are the attributes that hold in this pipeline, or nil.
	overrides *node
	// vars are the project's.
	vars *node
}

// notPipelines are the keys of a project that hold no jobs.
var notPipelines = map[string]bool{"name": true, "description": true, "templates": true, "merge-mode": true, "default-branch": true, "vars": true, "queue": true, "branches": true, "file-matcher": true}

// stanzas is a name that a stanza of a project has, and whether others have other names, as they do where projects are
// configured from elsewhere.
func (l *layout) stanzas() (name string, others bool) {
	for _, project := range l.projects {
		switch own := project.get("name").printed(); {
		case own == "" || own == name:
		case name == "":
			name = own
		default:
			others = true
		}
	}
	return name, others
}

// uses are the jobs of all pipelines of the project, those of templates first; elsewhere are the templates that are not here.
func (l *layout) uses(isOther func(project *node) bool) (uses []use, elsewhere []*node) {
	for _, project := range l.projects {
		if isOther(project) {
			continue
		}
		for _, name := range listed(project.get("templates")) {
			template := l.templates[name.printed()]
			if template == nil {
				elsewhere = append(elsewhere, name)
				continue
			}
			uses = append(uses, l.pipelines(template, project.get("vars"))...)
		}
		uses = append(uses, l.pipelines(project, project.get("vars"))...)
	}
	return uses, elsewhere
}

func (l *layout) pipelines(project, vars *node) []use {
	var out []use
	for _, pipeline := range project.fields {
		if notPipelines[pipeline.key] || pipeline.value.kind != mapping {
			continue
		}
		for _, entry := range listed(pipeline.value.get("jobs")) {
			u := use{pipeline: pipeline.key, job: entry.printed(), at: entry.at, vars: vars}
			switch {
			case entry.kind == mapping && len(entry.fields) == 1:
				u.job, u.overrides = entry.fields[0].key, entry.fields[0].value
			case u.job == "":
				l.found.Errorf(diagnostic.Import, entry.at, "a job of the pipeline %s must be a name, or a map of one name", diagnostic.Quote(pipeline.key))
				continue
			}
			out = append(out, u)
		}
	}
	return out
}

// listed is a list, or one value in place of a list.
func listed(n *node) []*node {
	switch {
	case n == nil, n.isNull():
		return nil
	case n.kind == list:
		return n.items
	}
	return []*node{n}
}
