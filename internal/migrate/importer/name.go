package importer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

var notInVariables = regexp.MustCompile(`[^A-Z0-9]+`)

// NearestVariable is the name that a CI variable may have that is nearest to a text, in upper case. What has none has the prefix.
func NearestVariable(text, prefix string) string {
	name := notInVariables.ReplaceAllString(strings.ToUpper(text), "_")
	if !VariableName.Takes(name) {
		name = prefix + name
	}
	return name
}

// unusual matches what names may not have, with the punctuation around it.
var unusual = regexp.MustCompile(`[^a-z0-9]*[^a-z0-9._-][^a-z0-9]*|[._-]{2,}`)

// maxNearest leaves room for what tells two images apart.
const maxNearest = 90

// NearestName is the name an image may have that is nearest to a text, at most 90 characters; a path keeps its first two segments
// apart. It is "image" where a text has nothing that a name may have.
func NearestName(text string, isPath bool) string {
	segments := []string{text}
	if isPath {
		segments = strings.SplitN(text, "/", 2)
	}
	var out []string
	for _, segment := range segments {
		segment = strings.Trim(unusual.ReplaceAllString(strings.ToLower(segment), "-"), "._-")
		if segment != "" {
			out = append(out, segment)
		}
	}
	name := strings.Join(out, "/")
	if len(name) > maxNearest {
		name = strings.Trim(name[:maxNearest], "/._-")
	}
	if CheckName(name) != nil {
		return "image"
	}
	return name
}

// LowerCase is a repository in lower case, as registries have it. The report says so where it changes.
func LowerCase(repository string, at diagnostic.Span, r *Report) string {
	lower := strings.ToLower(repository)
	if lower != repository {
		r.Look(at, repository, "repositories are in lower case, so it is %s now", lower)
	}
	return lower
}

// Names are the names that images have already, with the variables that go with them. The empty Names is ready to use.
type Names map[string]bool

// Free returns a name that no other image has, and whose variables no other image has, and takes it. It is the given name if that
// is free.
func (taken Names) Free(preset string, platforms []string) string {
	for n := 1; ; n++ {
		name := preset
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		claims := []string{schema.DotenvSuffix(name)}
		for _, platform := range platforms {
			claims = append(claims, schema.DotenvSuffix(name+"@"+schema.Arch(platform)))
		}
		if !slices.ContainsFunc(claims, func(claim string) bool { return taken[claim] }) {
			for _, claim := range claims {
				taken[claim] = true
			}
			return name
		}
	}
}
