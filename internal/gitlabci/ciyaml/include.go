package ciyaml

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// maxFiles is how many files GitLab includes.
const maxFiles = 150

// includes reads the files of the project that an `include` names, later ones over earlier ones.
func (r *reader) includes(v *Value) (*Value, error) {
	all := &Value{Kind: Map}
	for _, entry := range v.OneOrMore() {
		if entry.Kind == Null {
			continue // GitLab skips an empty entry
		}
		include, names := r.include(entry)
		for _, name := range names {
			read, err := r.local(include, name, entry)
			if err != nil {
				return nil, err
			}
			all = r.Merge(all, read)
		}
	}
	return all, nil
}

// include reads an entry; names are those of its files, where it is local.
func (r *reader) include(v *Value) (include Include, names []string) {
	include.At = v.At
	if v.Kind == Text {
		include.Kind, include.Name = "local", v.Text
		if strings.Contains(v.Text, "://") {
			include.Kind = "remote"
		}
	}
	kinds := []string{"project", "remote", "template", "component", "local"}
	if r.source.Include != nil && len(r.reading) == 0 {
		kinds = append(kinds, "artifact") // https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#dynamic-child-pipelines
	}
	for _, kind := range kinds {
		if include.Kind == "" && v.Get(kind) != nil {
			include.Kind, include.Name = kind, v.Get(kind).Text
		}
	}
	include.Files = v.Get("file").Texts()
	switch {
	case include.Kind == "" || include.Name == "":
		r.fail(v.At, "an include needs one of local, project, remote, template and component").
			WithHint("write `local: path/of/the/file.yml` for a file of the project")
		return include, nil
	case r.source.Elsewhere != nil && r.source.Elsewhere.Knows(include):
		r.known = true
		return include, nil
	case include.Kind == "component" && r.source.Component != nil && v.Get("rules") == nil:
		name, content := r.source.Component(include.Name)
		if include.content = content; len(content) > 0 {
			return include, []string{name}
		}
		r.pipeline.Unread = append(r.pipeline.Unread, include)
		return include, nil
	case include.Kind != "local", strings.Contains(include.Name, "$"):
		r.pipeline.Unread = append(r.pipeline.Unread, include)
		return include, nil
	case v.Get("rules") != nil:
		r.pipeline.Conditional = append(r.pipeline.Conditional, include)
	}
	return include, r.match(include)
}

// match returns the files that a local include names; a pattern may match none.
func (r *reader) match(include Include) []string {
	name := strings.TrimPrefix(path.Clean("/"+include.Name), "/")
	if !strings.Contains(name, "*") {
		return []string{name}
	}
	err := content.CheckPattern(name)
	var names []string
	if err == nil {
		names, err = doublestar.Glob(r.source.Tree, name, doublestar.WithFilesOnly())
	}
	if err != nil {
		r.fail(include.At, "%s is no pattern: %v", diagnostic.Quote(include.Name), err).WithHint("use only `*` and `**` as wildcards")
	}
	slices.Sort(names)
	return names
}

func (r *reader) local(include Include, name string, entry *Value) (*Value, error) {
	empty := &Value{Kind: Map}
	r.files++
	wasOptional := r.isOptional
	r.isOptional = wasOptional || entry.Get("rules") != nil
	defer func() { r.isOptional = wasOptional }()
	switch {
	case r.files > maxFiles:
		if r.files == maxFiles+1 {
			r.fail(include.At, "more than %d files are included", maxFiles).WithHint("include fewer files, or start some of them as child pipelines")
		}
		return empty, nil
	case slices.Contains(r.reading, name):
		r.fail(include.At, "the file %s includes itself", name).WithHint("remove one of the includes")
		return empty, nil
	case len(include.content) > 0:
		return r.content(File{Name: name, From: include.At, Given: entry.Get("inputs")}, include.content)
	case !exists(r.source.Tree, name) && r.isOptional:
		r.pipeline.Unread = append(r.pipeline.Unread, include) // the rules may hold only where the file exists
		return empty, nil
	case !exists(r.source.Tree, name):
		all, _ := doublestar.Glob(r.source.Tree, "**/*.{yml,yaml}", doublestar.WithFilesOnly()) // what cannot be read is not proposed
		r.fail(include.At, "there is no file %s%s", diagnostic.Quote(name), diagnostic.DidYouMean(name, all)).
			WithHint("commit the file, or correct or remove the include; paths begin at the top of the repository")
		return empty, nil
	case !IsYAML(name) && !r.isOptional:
		r.fail(include.At, "the included file %s does not end in .yml or .yaml", diagnostic.Quote(name)).WithHint("rename the file to %s.yml, and write that name", strings.TrimSuffix(name, path.Ext(name)))
		return empty, nil
	}
	return r.file(File{Name: name, From: include.At, Given: entry.Get("inputs")})
}

var yamlName = pattern.Lazy(`(?i).+\.(yml|yaml)$`)

// IsYAML reports whether GitLab includes a file of this name.
func IsYAML(name string) bool { return yamlName().MatchString(path.Base(name)) }
