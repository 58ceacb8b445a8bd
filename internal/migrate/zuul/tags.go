package zuul

import (
	"errors"
	"slices"
	"strings"
)

// tags are what an entry's tags are.
type tags struct {
	// branch are those in a pipeline of a branch, and version those in one of a git tag: the names of its parts among them.
	branch, version []string
	// hasV says that a git tag v1.2.3 gives tags that begin with v.
	hasV bool
	// onlyVersion says that some have no value in a pipeline of a branch, and why.
	onlyVersion error
	// broken are those that have no value here at all.
	broken []broken
}

// broken is a value that is not known before the pipeline runs.
type broken struct {
	at  *node
	err error
}

// byTag says whether the tags differ in a pipeline of a git tag.
func (t tags) byTag() bool { return !slices.Equal(t.branch, t.version) }

// Two git tags that nobody writes into an expression: what is made of both in the same way is made of any.
var probes = [2][3]string{{"1000001", "2000002", "3000003"}, {"4000004", "5000005", "6000006"}}

// tags evaluates the tags of an entry without a git tag and with one, each of a list for itself.
func (s scope) tags(n *node) tags {
	if n == nil {
		return tags{branch: []string{"latest"}, version: []string{"latest"}}
	}
	all := []*node{n}
	if n.kind == list {
		all = n.items
	}
	var out tags
	for _, item := range all {
		version, hasV, err := s.versionTags(item)
		if err != nil {
			out.broken = append(out.broken, broken{item, err})
			continue
		}
		out.version, out.hasV = append(out.version, version...), out.hasV || hasV
		s.tag = ""
		branch, err := s.texts(item)
		if err != nil {
			out.onlyVersion = err
		}
		out.branch = append(out.branch, branch...)
	}
	return out
}

// versionTags are tags in a pipeline of a git tag, and whether a git tag v1.2.3 gives some that begin with v.
func (s scope) versionTags(n *node) (version []string, hasV bool, err error) {
	for i, probe := range probes {
		s.tag = gitTag(strings.Join(probe[:], "."))
		written, err := s.texts(n)
		if err != nil {
			return nil, false, err
		}
		named, err := parts(written, probe)
		if err != nil {
			return nil, false, err
		}
		if i > 0 && !slices.Equal(version, named) {
			return nil, false, errors.New("it is made of the git tag in a way of its own")
		}
		version = named
	}
	s.tag = gitTag("v" + strings.Join(probes[0][:], "."))
	prefixed, err := s.texts(n)
	hasV = err != nil || slices.ContainsFunc(prefixed, func(tag string) bool { return strings.HasPrefix(tag, "v"+probes[0][0]) })
	return version, hasV, nil
}

// parts names the parts of a probe among tags.
func parts(written []string, probe [3]string) ([]string, error) {
	major, minor, patch := probe[0], probe[1], probe[2]
	names := strings.NewReplacer(major+"."+minor+"."+patch, "{version}", major, "{major}", minor, "{minor}")
	var out []string
	for _, tag := range written {
		tag = names.Replace(tag)
		if strings.Contains(tag, patch) {
			return nil, errors.New("a tag cannot be made of the last part of a version alone")
		}
		out = append(out, tag)
	}
	return out, nil
}

// isOfVersion says whether a tag is made of a git tag.
func isOfVersion(tag string) bool { return strings.Contains(tag, "{") }
