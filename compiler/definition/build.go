package definition

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// buildSettings checks the settings of a build; own is the image without defaults.
func (l *loader) buildSettings(image *Image, n, own *tree.Node) {
	for _, variable := range image.Build.Env {
		l.checkVariable(variable.Name, variable.Span, "build.env", "FDO_", "STEMMA_", "CI_", "GITLAB_", "GIT_")
	}
	image.Build.Secrets = l.secrets(n.Get("build").Get("secrets"), own.Get("build").Get("secrets"))
	l.numericUser(image, n.Get("user"))
}

// checkVariable reports a variable whose name has a prefix that jobs reserve.
func (l *loader) checkVariable(name string, at diagnostic.Span, key string, reserved ...string) {
	if slices.ContainsFunc(reserved, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		last := len(reserved) - 1
		l.found.Errorf(diagnostic.ReservedName, at, "the variable name %s is reserved", name).
			WithHint("choose a name that does not begin with %s or %s", strings.Join(reserved[:last], ", "), reserved[last]).WithKey(key + "." + name)
	}
}

// secrets reads the variables that a Containerfile can mount as files. GitLab's own are allowed, such as CI_JOB_TOKEN.
func (l *loader) secrets(n, own *tree.Node) []Secret {
	if n == nil || n.Kind != tree.Map {
		return nil
	}
	out := make([]Secret, 0, len(n.Fields))
	for _, field := range n.Fields {
		secret := Secret{Secret: schema.Secret{ID: field.Name, Variable: text(field.Value).Value}, IsDefault: own.Get(field.Name) == nil, Span: field.Span}
		if file := text(field.Value.Get("file")); file.Present() {
			secret.Variable, secret.IsFile = file.Value, true
		}
		l.checkVariable(secret.Variable, field.Value.Span, "build.secrets."+field.Name, "FDO_", "STEMMA_")
		out = append(out, secret)
	}
	return out
}

// checkBuild reports an image's own settings that have no effect on its kind of build.
func (l *loader) checkBuild(declared *tree.Field, hasContainerfile bool) {
	if hasContainerfile {
		l.reportUseless(declared, "proxy", "packages", "the package manager of an image with a containerfile is not known")
	} else {
		l.reportUseless(declared, "build", "cache", "layers are kept of a Containerfile only")
		l.reportUseless(declared, "build", "secrets", "only a Containerfile mounts them, and exec has the variables themselves")
	}
}

func (l *loader) reportUseless(declared *tree.Field, group, name, why string) {
	parent := declared.Value.Get(group)
	if parent.Get(name) == nil {
		return
	}
	key := group + "." + name
	l.found.Errorf(diagnostic.ConflictingKeys, parent.FieldSpan(name), "%s has no effect here: %s", key, why).
		WithHint("remove it").WithKey(declared.Name + "." + key)
}

// numericUser replaces the names of the user and group of an image by their numbers, if the image has `users`.
func (l *loader) numericUser(image *Image, n *tree.Node) {
	if image.Users == nil || image.User == "" || IsNumericUser(image.User) {
		return
	}
	name, group, hasGroup := strings.Cut(image.User, ":")
	if !hasGroup {
		group = name
	}
	uid := l.numberOf(image, n, name)
	gid := uid
	if group != name {
		gid = l.numberOf(image, n, group)
	}
	image.User = uid + ":" + gid
}

// numberOf returns the number of a user or group.
func (l *loader) numberOf(image *Image, n *tree.Node, name string) string {
	if IsNumericUser(name) {
		return name
	}
	if uid, ok := image.Users[name]; ok {
		return strconv.FormatInt(uid, 10)
	}
	l.found.Errorf(diagnostic.BadValue, n.Span, "the user %s has no number%s", diagnostic.Quote(name), diagnostic.DidYouMean(name, slices.Sorted(maps.Keys(image.Users)))).
		WithHint("add it to users, or write the number").WithKey(image.Name + ".user")
	return name
}

// IsNumericUser reports whether a user, with a group or without, is a number.
func IsNumericUser(user string) bool {
	name, group, hasGroup := strings.Cut(user, ":")
	isNumber := func(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
	return isNumber(name) && (!hasGroup || isNumber(group))
}
