package diff

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/schema"
)

// job is a job and the hidden jobs that it extends.
type job struct {
	name, image string
	// compiled has the keys of a compiled job, and written those that the project has written. A job can have both: GitLab merges jobs of the
	// same name, and the project's own keys win.
	compiled   fields
	written    map[string]any
	isCompiled bool
	// isForAll says that it is compiled for several images.
	isForAll bool
}

// id identifies a job. One in a child pipeline may have the name of one that the project has written.
type id struct {
	name       string
	isCompiled bool
}

func (j job) id() id { return id{j.name, j.isCompiled} }

// keys returns the keys as plain values.
func (j job) keys() map[string]any {
	if !j.isCompiled {
		return j.written
	}
	return override(asMap(structure(reflect.ValueOf(j.compiled))), j.written)
}

// override merges maps as GitLab does: key by key, and the second one wins.
func override(keys, over map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, keys)
	for key, value := range over {
		if isKind[map[string]any](out[key], value) {
			value = override(asMap(out[key]), asMap(value))
		}
		out[key] = value
	}
	return out
}

// compareAllJobs compares the jobs of the project's pipeline and those that are compiled. Values that follow from the images do not count: their
// tags, and the variables of the jobs of an image that changes.
func (c *comparison) compareAllJobs(images []Image) []Job {
	touched := map[string]bool{}
	for _, image := range images {
		touched[image.Name] = true
	}
	isCompiled := func(name string) bool {
		return strings.HasPrefix(name, ".") && (c.old.names[name] || c.new.names[name])
	}
	jobs := compareJobs(c.jobs(c.old, c.tags()), c.jobs(c.new, nil), touched, c.names())
	return slices.Concat(jobs, compareAdditions(c.old.handwritten, c.new.handwritten, isCompiled), c.compareOthers())
}

// compareJobs compares jobs by their names.
func compareJobs(was, is []job, touched, names map[string]bool) []Job {
	before, after := jobsByID(was), jobsByID(is)
	out := []Job{}
	for _, job := range is {
		old, ok := before[job.id()]
		switch {
		case !ok:
			out = append(out, Job{Name: job.name, Kind: Added, Image: job.image, Changes: []Change{}})
		default:
			if changes := old.compare(job, touched[job.image], names); len(changes) > 0 {
				out = append(out, Job{Name: job.name, Kind: Changed, Image: job.image, Changes: changes})
			}
		}
	}
	for _, job := range was {
		if _, ok := after[job.id()]; !ok {
			out = append(out, Job{Name: job.name, Kind: Removed, Image: job.image, Changes: []Change{}})
		}
	}
	return out
}

func jobsByID(jobs []job) map[id]*job {
	byID := make(map[id]*job, len(jobs))
	for i := range jobs {
		byID[jobs[i].id()] = &jobs[i]
	}
	return byID
}

// compareAdditions compares the keys that the project adds to compiled jobs: to jobs of other definitions, and to those hidden ones for which
// isCompiled holds.
func compareAdditions(old, new *handwritten, isCompiled func(name string) bool) (out []Job) {
	for _, name := range keysOf(old.own, new.own) {
		_, wasOther := old.others[name]
		_, isOther := new.others[name]
		if !wasOther && !isOther && !isCompiled(name) {
			continue
		}
		was, is := job{written: old.own[name]}, job{written: new.own[name]}
		if changes := was.compare(is, false, nil); len(changes) > 0 {
			out = append(out, Job{Name: name, Kind: Changed, Changes: changes})
		}
	}
	return out
}

// compareKeywords compares what concerns a whole pipeline, such as `workflow` and `include`.
func compareKeywords(before, after map[string]any) []Change {
	return slices.DeleteFunc(compareEach(before, after), func(c Change) bool { return strings.HasPrefix(c.Key, ".") })
}

// names are the images that only one of the versions has. Jobs about all images list them.
func (c *comparison) names() map[string]bool {
	names := map[string]bool{}
	for _, image := range slices.Concat(c.old.images, c.new.images) {
		if c.old.byName[image.Name] == nil || c.new.byName[image.Name] == nil {
			names[image.Name] = true
		}
	}
	return names
}

func (j job) compare(other job, isTouched bool, names map[string]bool) []Change {
	if isTouched {
		j.compiled.Variables, other.compiled.Variables = j.compiled.shared, other.compiled.shared
	}
	if j.written == nil && other.written == nil && reflect.DeepEqual(j.compiled, other.compiled) {
		return nil
	}
	before, after := j.keys(), other.keys()
	return slices.DeleteFunc(compareEach(before, after), func(c Change) bool {
		return j.isForAll && wordsWithout(before[c.Key], names) == wordsWithout(after[c.Key], names)
	})
}

// wordsWithout returns the words of a value without the names of some images.
func wordsWithout(value any, names map[string]bool) string {
	words := strings.FieldsFunc(describe(value), func(r rune) bool { return strings.ContainsRune(`|,() "'`, r) })
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return names[strings.ReplaceAll(word, `\`, "")] }), " ")
}

// tags returns what replaces the tags of the old version by those of the new one in the jobs of an image: its tag, and those of the images
// before it. Another image may have had the same tag. Jobs for several images have the tags of all.
func (c *comparison) tags() func(image string) *strings.Replacer {
	all := c.replacer(c.new.images)
	return func(image string) *strings.Replacer {
		if image == "" {
			return all
		}
		if is := c.new.byName[c.is[image]]; is != nil {
			return c.replacer(is.Reach((*lineage.Image).Before))
		}
		return c.replacer(nil)
	}
}

func (c *comparison) replacer(images []*lineage.Image) *strings.Replacer {
	var pairs []string
	for _, is := range images {
		old, ok := c.old.byName[c.was[is.Name]]
		if !ok || old.Inputs == is.Inputs && old.Tag == is.Tag {
			continue
		}
		pairs = append(pairs, is.Name+":"+old.Tag.String(), is.Name+":"+is.Tag.String(), old.Inputs, is.Inputs)
		if !old.Image.Tag.Present() {
			pairs = append(pairs, old.Tag.String(), is.Tag.String())
		}
	}
	return strings.NewReplacer(pairs...)
}

// jobs returns the visible jobs of a version: those that are compiled, and those that the project has written.
func (c *comparison) jobs(h half, tags func(image string) *strings.Replacer) []job {
	r := newResolver(h.Pipeline)
	var jobs []job
	index := map[string]int{}
	add := func(image, child string, compiled []pipeline.Job) {
		if tags != nil {
			r.tags = tags(image)
		}
		for i := range compiled {
			compiled := &compiled[i]
			if strings.HasPrefix(compiled.Name, ".") {
				continue
			}
			j := job{name: compiled.Name, image: image, compiled: r.resolve(compiled), isCompiled: true, isForAll: image == ""}
			if j.compiled.Pipeline = child; child == "" {
				index[j.name] = len(jobs)
			}
			jobs = append(jobs, j)
		}
	}
	sections := func(child string, sections []pipeline.Section) {
		for _, section := range sections {
			add(section.Image, child, section.Jobs)
		}
	}
	if h.Pipeline.Children == nil {
		sections("", h.Pipeline.Sections)
	}
	for _, child := range h.Pipeline.Children {
		add("", "", []pipeline.Job{child.Trigger})
		sections(child.Name, child.Sections)
	}
	add("", "", h.Pipeline.Checks)
	for _, written := range h.handwritten.jobs {
		if i, ok := index[written.name]; ok {
			jobs[i].written = h.handwritten.own[written.name]
		} else if !strings.HasPrefix(written.name, ".") {
			jobs = append(jobs, written)
		}
	}
	return jobs
}

// resolver resolves what jobs extend.
type resolver struct {
	byName map[string]*pipeline.Job
	tags   *strings.Replacer
	// shared are the variables that all jobs have, and known has hidden jobs with what they extend.
	shared map[string]string
	known  map[string]*fields
}

func newResolver(p pipeline.Pipeline) *resolver {
	r := &resolver{byName: map[string]*pipeline.Job{}, tags: strings.NewReplacer(), shared: map[string]string{}, known: map[string]*fields{}}
	sections := p.Sections
	add := func(jobs []pipeline.Job) {
		for i := range jobs {
			r.byName[jobs[i].Name] = &jobs[i]
		}
	}
	for _, child := range p.Children {
		sections = slices.Concat(sections, child.Sections)
		add(child.Shared)
	}
	for _, section := range sections {
		add(section.Jobs)
	}
	add(p.Kinds)
	add(p.Shared)
	if len(p.Shared) > 0 {
		for _, variable := range p.Shared[0].Variables {
			r.shared[variable.Name] = variable.Value
		}
	}
	return r
}

// fields are the keys of a job. Needs and rules are in words.
type fields struct {
	// Pipeline is the child pipeline that it is in.
	Pipeline      string            `yaml:"pipeline"`
	Stage         string            `yaml:"stage"`
	Image         string            `yaml:"image"`
	Inherit       []string          `yaml:"inherit"`
	Tags          []string          `yaml:"tags"`
	Needs         []string          `yaml:"needs"`
	Rules         []string          `yaml:"rules"`
	Variables     map[string]string `yaml:"variables"`
	Script        []string          `yaml:"script"`
	Artifacts     []string          `yaml:"artifacts"`
	Interruptible string            `yaml:"interruptible"`
	ResourceGroup string            `yaml:"resource_group"`
	Timeout       string            `yaml:"timeout"`
	Retry         string            `yaml:"retry"`
	Trigger       string            `yaml:"trigger"`
	// shared are those variables that all jobs have.
	shared map[string]string
}

// resolve returns the keys of a job with those that it extends.
func (r *resolver) resolve(compiled *pipeline.Job) fields {
	f := r.fields(compiled)
	delete(f.Variables, schema.VarParentTests) // the tests of a parent are its own
	for name, value := range f.Variables {
		f.Variables[name] = r.tags.Replace(value)
	}
	f.Image, f.shared = r.tags.Replace(f.Image), r.shared
	return *f
}

// fields returns the keys of a job over those that it extends, the last one first.
func (r *resolver) fields(compiled *pipeline.Job) *fields {
	f := own(compiled)
	for _, name := range slices.Backward(compiled.Extends) {
		parent, ok := r.known[name]
		if !ok {
			parent = r.fields(cmp.Or(r.byName[name], &pipeline.Job{}))
			r.known[name] = parent
		}
		f.extend(parent)
	}
	return &f
}

// own returns the keys that a job states itself.
func own(compiled *pipeline.Job) fields {
	f := fields{
		Stage: compiled.Stage, Image: compiled.Image, Inherit: compiled.Inherit, Tags: compiled.Tags, Script: compiled.Script,
		ResourceGroup: compiled.ResourceGroup, Timeout: compiled.Timeout, Variables: map[string]string{},
		Interruptible: map[pipeline.Switch]string{pipeline.On: "true", pipeline.Off: "false"}[compiled.Interruptible],
		Retry:         map[pipeline.Retry]string{pipeline.RetryRunner: "failures of the runner", pipeline.RetryOutside: "failures of the runner and of services outside"}[compiled.Retry],
	}
	for _, need := range compiled.Needs {
		f.Needs = append(f.Needs, need.Job+map[bool]string{true: " (optional)"}[need.Optional])
	}
	for _, rule := range compiled.Rules {
		f.Rules = append(f.Rules, describeRule(rule))
	}
	for _, variable := range compiled.Variables {
		f.Variables[variable.Name] = variable.Value
	}
	a := compiled.Artifacts
	for name, value := range map[string]string{"dotenv": a.Dotenv, "junit": a.JUnit, "annotations": a.Annotations} {
		if value != "" {
			f.Artifacts = append(f.Artifacts, name+" "+value)
		}
	}
	f.Artifacts = append(f.Artifacts, a.Paths...)
	slices.Sort(f.Artifacts)
	if compiled.Trigger != nil {
		f.Trigger = strings.TrimSpace(compiled.Trigger.File + " " + compiled.Trigger.Strategy)
	}
	return f
}

// extend adds the keys and variables that a job does not have.
func (f *fields) extend(parent *fields) {
	for name, value := range parent.Variables {
		if _, ok := f.Variables[name]; !ok {
			f.Variables[name] = value
		}
	}
	to, from := reflect.ValueOf(f).Elem(), reflect.ValueOf(parent).Elem()
	for i := range to.NumField() {
		if field := to.Field(i); field.IsZero() && field.CanSet() {
			field.Set(from.Field(i))
		}
	}
}

func describeRule(rule pipeline.Rule) string {
	parts := []string{rule.Condition()}
	if rule.AllowFailure {
		parts = append(parts, "may fail")
	}
	for _, variable := range rule.Variables {
		parts = append(parts, "with "+variable.Name+"="+schema.JSON(variable.Value))
	}
	return strings.Join(parts, ", ")
}
