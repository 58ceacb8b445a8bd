package diff

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

// handwritten is what a pipeline contains besides the compiled files: in .gitlab-ci.yml, or in the files of a child pipeline, and in the files of
// the repository that these include.
type handwritten struct {
	// jobs have what they extend in these files; the hidden ones, too.
	jobs []job
	// own has the keys of each job without those of `default`, which are merged with a compiled job of the same name.
	own map[string]map[string]any
	// keywords are the keys at the top, such as `stages`, with the includes of all files.
	keywords map[string]any
	// others are the jobs that are compiled from other definitions, by their names.
	others map[string]otherJob
	// hasCompiled says that it includes compiled files of the definition.
	hasCompiled bool
	// starts has the jobs that start child pipelines with the `include` of these.
	starts []start
	// isUnread says that a child pipeline has files that are not in the repository, such as an artifact.
	isUnread bool
	// refused are the reasons for which GitLab refuses the pipeline. Then the rest is not known.
	refused []Finding
}

// pipelines reads the pipelines of a version.
type pipelines struct {
	Version
	// compiled are the compiled files by their paths in the repository, and outlines what is left of them without the content of jobs.
	compiled, outlines map[string][]byte
	// names are the names of the compiled jobs.
	names map[string]bool
	// done are the child pipelines that were read, by their `include` as text.
	done map[string]*handwritten
}

func newPipelines(v Version) *pipelines {
	p := &pipelines{v, map[string][]byte{}, map[string][]byte{}, map[string]bool{}, map[string]*handwritten{}}
	for file, content := range v.output() {
		file = path.Join(v.Folder, file)
		outline, names := outlineOf(content)
		p.compiled[file], p.outlines[file] = content, outline
		for _, name := range names {
			p.names[name] = true
		}
	}
	return p
}

// readPipelines reads the pipeline of the project and the child pipelines that it starts.
func (h *half) readPipelines() (err error) {
	p := newPipelines(h.Version)
	if h.handwritten, err = p.first(); err == nil {
		h.children, err = p.children(h.handwritten)
	}
	h.names = p.names
	h.adopt()
	return err
}

// first reads .gitlab-ci.yml. There is nothing if the file does not exist.
func (p *pipelines) first() (*handwritten, error) {
	name := projectci.File
	if _, err := fs.Stat(p.tree(), name); errors.Is(err, fs.ErrNotExist) {
		name = path.Join(p.Folder, name) // the settings of the project can name the file beside the definition
	}
	h, err := p.read(ciyaml.Source{Name: name})
	if errors.Is(err, fs.ErrNotExist) {
		return &handwritten{}, nil
	}
	return h, err
}

// read reads a pipeline with outlines instead of the compiled files. It also reads the whole pipeline where these could matter for what GitLab
// refuses, and for the jobs of other definitions: the compiled files of a large project take long.
func (p *pipelines) read(source ciyaml.Source) (*handwritten, error) {
	readFrom := func(tree fs.FS) (*ciyaml.Pipeline, diagnostic.List, error) {
		source.Tree = tree
		read, found, err := ciyaml.Read(source)
		if err != nil {
			err = fmt.Errorf("read the pipeline of %s: %w", p.Name, err)
		}
		return read, found, err
	}
	tree := project.Overlay{FS: p.tree(), Contents: maps.Clone(p.outlines)}
	read, found, err := readFrom(tree)
	if err != nil {
		return nil, err
	}
	folders, err := p.outlineOthers(read, tree)
	if err != nil {
		return nil, err
	}
	var others map[string]otherJob
	if found.HasErrors() || len(folders) > 0 || slices.ContainsFunc(read.Jobs, p.extendsCompiled) {
		whole, found, err := readFrom(project.Overlay{FS: p.tree(), Contents: p.compiled})
		if err != nil {
			return nil, err
		}
		if found.HasErrors() {
			return &handwritten{refused: refusal(p.Version, found)}, nil
		}
		others = othersOf(whole, folders)
		if read, _, err = readFrom(tree); err != nil {
			return nil, err
		}
	}
	h := p.newHandwritten(read, others)
	h.hasCompiled = slices.ContainsFunc(read.Files, func(f ciyaml.File) bool { return p.compiled[f.Name] != nil })
	h.isUnread = slices.ContainsFunc(read.Unread, func(i ciyaml.Include) bool { return isEntry(source.Include, i) })
	h.keywords["include"], err = includes(tree, read.Files)
	return h, err
}

// extendsCompiled reports whether the project lets a compiled job extend others: they could extend each other.
func (p *pipelines) extendsCompiled(job *ciyaml.Job) bool {
	return p.names[job.Name] && job.Keys.Has("extends")
}

func (p *pipelines) newHandwritten(read *ciyaml.Pipeline, others map[string]otherJob) *handwritten {
	h := &handwritten{own: map[string]map[string]any{}, keywords: map[string]any{}, others: others}
	isCompiled := func(name string) bool {
		_, isOther := others[name]
		return isOther || p.names[name]
	}
	for _, field := range read.Top.Fields {
		h.keywords[field.Name] = plainYAML(field.Value)
	}
	for _, written := range read.Jobs {
		own := asMap(h.keywords[written.Name])
		delete(h.keywords, written.Name)
		if len(own) == 0 && isCompiled(written.Name) {
			continue
		}
		h.own[written.Name] = own
		if _, isOther := others[written.Name]; !isOther {
			h.jobs = append(h.jobs, plainJob(written, isCompiled))
		}
		h.addStart(written.Name, written.Keys)
	}
	for _, name := range keysOf(others) {
		h.addStart(name, others[name].keys)
	}
	return h
}

// addStart adds a job to starts if it starts a child pipeline.
func (h *handwritten) addStart(job string, keys *ciyaml.Value) {
	if include := keys.Get("trigger").Get("include"); include != nil && !strings.HasPrefix(job, ".") {
		h.starts = append(h.starts, start{job, include})
	}
}

// refusal returns the errors of a pipeline, with paths from the folder of the definition.
func refusal(v Version, found diagnostic.List) []Finding {
	up := ""
	if folder := path.Clean(v.Folder); folder != "." {
		up = strings.Repeat("../", strings.Count(folder, "/")+1)
	}
	errors := found.Errors()
	for i := range errors {
		errors[i].Span.File, errors[i].Code = up+errors[i].Span.File, diagnostic.Pipeline
	}
	return findings(errors)
}

// plainJob returns a job. Of what it extends, only what is not in these files, or what is compiled, is named.
func plainJob(written *ciyaml.Job, isCompiled func(name string) bool) job {
	keys := asMap(plainYAML(written.Keys))
	if keys == nil {
		keys = map[string]any{}
	}
	delete(keys, "extends")
	var unread []any
	for _, parent := range written.Parents {
		if parent.IsUnread || isCompiled(parent.Name) {
			unread = append(unread, parent.Name)
		}
	}
	if unread != nil {
		keys["extends"] = unread
	}
	return job{name: written.Name, written: keys}
}

// includes returns the entries of `include` in all files, as text: those of compiled files, and those whose content is not compared.
func includes(tree project.Overlay, files []ciyaml.File) (entries any, err error) {
	var all []any
	var done []string
	for _, file := range files {
		if slices.Contains(done, file.Name) || tree.Has(file.Name) {
			continue
		}
		done = append(done, file.Name)
		content, err := fs.ReadFile(tree, file.Name)
		if err != nil {
			return nil, fmt.Errorf("read an included file: %w", err)
		}
		documents := ciyaml.NewLoader().Documents(file.Name, content)
		if len(documents) == 0 {
			continue
		}
		include := plainYAML(documents[len(documents)-1].Get("include"))
		items, isList := include.([]any)
		if !isList && include != nil {
			items = []any{include}
		}
		for _, item := range items {
			if !isRead(tree, files, item) {
				all = append(all, describe(item))
			}
		}
	}
	if all == nil {
		return nil, nil
	}
	return all, nil
}

// isRead reports whether an entry of `include` is just the path of a file that was read, and that is not compiled.
func isRead(tree project.Overlay, files []ciyaml.File, entry any) bool {
	if keys := asMap(entry); len(keys) == 1 {
		entry = keys["local"]
	}
	name, _ := entry.(string)
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	return !tree.Has(name) && slices.ContainsFunc(files, func(f ciyaml.File) bool { return f.Name == name })
}

func plainYAML(v *ciyaml.Value) any {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case ciyaml.Text:
		return v.Text
	case ciyaml.List, ciyaml.Reference:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = plainYAML(item)
		}
		return out
	case ciyaml.Map:
		out := map[string]any{}
		for _, field := range v.Fields {
			out[field.Name] = plainYAML(field.Value)
		}
		return out
	default:
		return nil
	}
}
