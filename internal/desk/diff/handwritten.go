package diff

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

// handwritten is what .gitlab-ci.yml and the files of the repository that it includes contain besides the compiled files.
type handwritten struct {
	// jobs have what they extend in these files; the hidden ones, too.
	jobs []job
	// own has the keys of each job without those of `default`, which are merged with a compiled job of the same name.
	own map[string]map[string]any
	// keywords are the keys at the top, such as `stages`, with the includes of all files.
	keywords map[string]any
	// refused are the reasons for which GitLab refuses the pipeline. Then the rest is not known.
	refused []Finding
}

// readHandwritten reads .gitlab-ci.yml. There is nothing if the file does not exist.
func readHandwritten(v Version) (handwritten, error) {
	name := projectci.File
	if _, err := fs.Stat(v.tree(), name); errors.Is(err, fs.ErrNotExist) {
		name = path.Join(v.Folder, name) // the settings of the project can name the file beside the definition
	}
	compiled := map[string][]byte{}
	for file, content := range v.output() {
		compiled[path.Join(v.Folder, file)] = content
	}
	_, found, err := ciyaml.Read(ciyaml.Source{Tree: overlay{v.tree(), compiled}, Name: name})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return handwritten{}, nil
	case err != nil:
		return handwritten{}, fmt.Errorf("read the pipeline of %s: %w", v.Name, err)
	case found.HasErrors():
		return handwritten{refused: refusal(v, found)}, nil
	}
	for file := range compiled {
		compiled[file] = nil
	}
	tree := overlay{v.tree(), compiled}
	read, _, err := ciyaml.Read(ciyaml.Source{Tree: tree, Name: name})
	if err != nil {
		return handwritten{}, fmt.Errorf("read the pipeline of %s: %w", v.Name, err)
	}
	h := handwritten{own: map[string]map[string]any{}, keywords: map[string]any{}}
	for _, field := range read.Top.Fields {
		h.keywords[field.Name] = plainYAML(field.Value)
	}
	for _, written := range read.Jobs {
		h.own[written.Name] = asMap(h.keywords[written.Name])
		h.jobs = append(h.jobs, plainJob(written))
		delete(h.keywords, written.Name)
	}
	h.keywords["include"], err = includes(tree, read.Files)
	return h, err
}

// refusal returns the errors of a pipeline, with paths from the folder of the definition.
func refusal(v Version, found diagnostic.List) (refused []Finding) {
	up := ""
	if folder := path.Clean(v.Folder); folder != "." {
		up = strings.Repeat("../", strings.Count(folder, "/")+1)
	}
	for _, d := range found.Errors() {
		d.Span.File = up + d.Span.File
		refused = append(refused, Finding{Place: d.Span.String(), Code: string(diagnostic.Pipeline), Message: d.Message, Hint: d.Hint})
	}
	return refused
}

// plainJob returns a job. Of what it extends, only what is not in these files is named.
func plainJob(written *ciyaml.Job) job {
	keys := asMap(plainYAML(written.Keys))
	if keys == nil {
		keys = map[string]any{}
	}
	delete(keys, "extends")
	var unread []any
	for _, parent := range written.Parents {
		if parent.IsUnread {
			unread = append(unread, parent.Name)
		}
	}
	if unread != nil {
		keys["extends"] = unread
	}
	return job{name: written.Name, written: keys}
}

// includes returns the entries of `include` in all files, as text: those of compiled files, and those whose content is not compared.
func includes(tree overlay, files []ciyaml.File) (entries any, err error) {
	var all []any
	var done []string
	for _, file := range files {
		if slices.Contains(done, file.Name) {
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
			if !tree.isRead(files, item) {
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
func (t overlay) isRead(files []ciyaml.File, entry any) bool {
	if keys := asMap(entry); len(keys) == 1 {
		entry = keys["local"]
	}
	name, _ := entry.(string)
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	_, isCompiled := t.files[name]
	return !isCompiled && slices.ContainsFunc(files, func(f ciyaml.File) bool { return f.Name == name })
}

// overlay has the files of a repository with other contents of some of them.
type overlay struct {
	fs.FS
	files map[string][]byte
}

// ReadFile implements fs.ReadFileFS.
func (t overlay) ReadFile(name string) ([]byte, error) {
	if content, ok := t.files[name]; ok {
		return content, nil
	}
	return fs.ReadFile(t.FS, name)
}

// Stat implements fs.StatFS. The compiled files exist before `stemma compile` writes them.
func (t overlay) Stat(name string) (fs.FileInfo, error) {
	if content, ok := t.files[name]; ok {
		return (&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o644}).FileInfo(), nil
	}
	return fs.Stat(t.FS, name)
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
