package config

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// maxIncludes is how many files a pipeline may include.
const maxIncludes = 150

// withIncludes lays a file's configuration over the files that it includes. It is nil where one of them cannot be read.
func (l *loader) withIncludes(at place, body *ciyaml.Value) *ciyaml.Value {
	include := body.Get("include")
	if include == nil {
		return body
	}
	out := &ciyaml.Value{Kind: ciyaml.Map, At: body.At}
	for _, entry := range include.OneOrMore() {
		for _, file := range l.files(at, entry) {
			included := l.include(file, entry)
			if included == nil {
				return nil
			}
			out = l.Merge(out, included)
		}
		if len(l.problems) > 0 {
			return nil
		}
	}
	out = l.Merge(out, body)
	fields := slices.DeleteFunc(slices.Clone(out.Fields), func(field ciyaml.Field) bool { return field.Name == "include" })
	return &ciyaml.Value{Kind: ciyaml.Map, At: out.At, Fields: fields}
}

// file is a file that an include names, with the facts of the component that it is.
type file struct {
	place
	component map[string]*ciyaml.Value
}

// include reads a file and the files that it includes.
func (l *loader) include(file file, entry *ciyaml.Value) *ciyaml.Value {
	l.included = append(l.included, file.place)
	if len(l.included) > maxIncludes {
		l.fail(entry.At, "Maximum of %d nested includes are allowed!", maxIncludes)
		return nil
	}
	content, err := fs.ReadFile(file.project.Tree, file.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		l.fail(entry.At, "file `%s` does not exist!", file.path)
		return nil
	case err != nil:
		l.fail(entry.At, "file `%s` cannot be read: %v", file.path, err)
		return nil
	case strings.TrimSpace(string(content)) == "":
		l.fail(entry.At, "file `%s` is empty!", file.path)
		return nil
	}
	body := l.body(file.place, content, entry.Get("inputs"), file.component, entry.At)
	if body == nil {
		return nil
	}
	if len(body.Fields) == 0 {
		l.fail(entry.At, "Included file `%s` does not have valid YAML syntax!", file.path)
		return nil
	}
	return l.withIncludes(file.place, body)
}

// files are the files that an entry of `include` names in this pipeline.
func (l *loader) files(at place, entry *ciyaml.Value) []file {
	if entry.Kind == ciyaml.Text {
		return l.local(at, variable.Expand(entry.Text, l.values), entry)
	}
	if entry.Kind != ciyaml.Map {
		l.fail(entry.At, "Each include must be a hash or a string")
		return nil
	}
	if !l.applies(at, entry) {
		return nil
	}
	text := func(key string) string { return variable.Expand(entry.Get(key).String(), l.values) }
	var kinds []string
	for _, kind := range []string{"local", "file", "remote", "template", "artifact", "component"} {
		if entry.Get(kind) != nil {
			kinds = append(kinds, kind)
		}
	}
	switch {
	case len(kinds) != 1:
		l.fail(entry.At, "Each include must use only one of: `local`, `project`, `remote`, `template`, `artifact`, `component`")
	case kinds[0] == "local":
		return l.local(at, text("local"), entry)
	case kinds[0] == "file":
		return l.fromProject(text("project"), entry)
	case kinds[0] == "component":
		return l.component(text("component"), entry)
	default:
		l.fail(entry.At, "the included %s `%s` cannot be read here", kinds[0], text(kinds[0]))
	}
	return nil
}

// applies evaluates the rules of an include.
func (l *loader) applies(at place, entry *ciyaml.Value) bool {
	rules := entry.Get("rules")
	if rules == nil {
		return true
	}
	facts := &rule.Facts{Variables: l.source.Variables, Changed: l.source.Changed, Files: at.project.Files, Project: l.projects.Files}
	for _, item := range rules.Items {
		if unknown := item.Unknown("if", "exists", "when", "changes"); unknown != "" {
			l.fail(item.At, "include:rules:rule config contains unknown keys: %s", unknown)
			return false
		}
		holds, err := rule.Parse(item, "include:rules:rule", &l.problems).Hold(facts)
		if err != nil {
			l.fail(item.At, "include:%v", err)
		}
		if holds || err != nil {
			return item.Get("when").String() != "never" && err == nil
		}
	}
	return false
}

// local are files of the project that the including file is in.
func (l *loader) local(at place, name string, entry *ciyaml.Value) []file {
	if strings.Contains(name, "://") {
		l.fail(entry.At, "the included remote `%s` cannot be read here", name)
		return nil
	}
	name = strings.TrimLeft(name, "/")
	if !strings.Contains(name, "*") {
		return l.file(at.project, name, entry)
	}
	var out []file
	pattern := wildcards(name)
	for _, path := range at.project.Files() {
		found := place{project: at.project, path: path}
		if pattern.MatchString(path) && !slices.Contains(l.included, found) {
			out = append(out, file{place: found})
		}
	}
	return out
}

// wildcards is the form of a path with `*` and `**`.
func wildcards(name string) *regexp.Regexp {
	form := regexp.QuoteMeta(name)
	for _, replacement := range [][2]string{{`\*\*/`, `(.*?/)?`}, {`\*\*`, `.*?`}, {`\*`, `[^/]*?`}} {
		form = strings.ReplaceAll(form, replacement[0], replacement[1])
	}
	return regexp.MustCompile("^" + form + "$")
}

// file is one file of a project.
func (l *loader) file(project *Project, name string, entry *ciyaml.Value) []file {
	if !ciyaml.IsYAML(name) {
		l.fail(entry.At, "Included file `%s` does not have YAML extension!", name)
		return nil
	}
	return []file{{place: place{project: project, path: name}}}
}

func (l *loader) fromProject(path string, entry *ciyaml.Value) []file {
	project, ok := l.projects.Find(path)
	if !ok {
		l.fail(entry.At, "Project `%s` not found or access denied! Make sure any includes in the pipeline configuration are correctly defined.", path)
		return nil
	}
	var out []file
	for _, name := range entry.Get("file").Texts() {
		name = strings.TrimLeft(variable.Expand(name, l.values), "/")
		out = append(out, l.file(project, name, entry)...)
	}
	return out
}

// isVersion matches a reference to a released version of a component.
var isVersion = pattern.Lazy(`^\d+\.\d+\.\d+`)

// component is the file of a component, as in gitlab.com/group/project/name@1.0.0.
func (l *loader) component(address string, entry *ciyaml.Value) []file {
	path, reference := address, ""
	if i := strings.LastIndex(address, "@"); i >= 0 {
		path, reference = address[:i], address[i+1:]
	}
	_, path, _ = strings.Cut(path, "/")
	i := max(strings.LastIndex(path, "/"), 0)
	project, ok := l.projects.Find(path[:i])
	if ok {
		name := strings.TrimPrefix(path[i:], "/")
		for _, candidate := range []string{"templates/" + name + ".yml", "templates/" + name + "/template.yml"} {
			if slices.Contains(project.Files(), candidate) {
				return []file{{place: place{project: project, path: candidate}, component: component(name, reference, entry.At)}}
			}
		}
	}
	l.fail(entry.At, "Component '%s' - content not found", address)
	return nil
}

// component are the facts that a component can ask for. The commit is not known here.
func component(name, reference string, at diagnostic.Span) map[string]*ciyaml.Value {
	text := func(s string) *ciyaml.Value { return &ciyaml.Value{Kind: ciyaml.Text, Text: s, At: at} }
	out := map[string]*ciyaml.Value{"name": text(name), "reference": text(reference), "sha": text(strings.Repeat("0", 40)), "version": {At: at}}
	if isVersion().MatchString(reference) {
		out["version"] = text(reference)
	}
	return out
}
