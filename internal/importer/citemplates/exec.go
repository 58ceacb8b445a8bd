package citemplates

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema"
)

// predefined are beginnings of names of variables that the compiled job has as well.
var predefined = []string{"CI_", "GITLAB_", "FDO_CI_"}

// emptied matches what the runner takes for a variable that nobody has set, and a shell does not.
var emptied = regexp.MustCompile(`\$(?:[*#@!?0-9-]|\{[^}]*\})`)

// exec is the image's snippet: GitLab's expansion is done here, since the snippet of a definition is the shell's alone.
func (c *conversion) exec(b *build) {
	snippet, unknown := b.variables.Get(schema.VarDistributionExec)
	if strings.TrimSpace(snippet) == "" || b.out {
		return
	}
	at := b.variables[schema.VarDistributionExec].At
	if i := slices.IndexFunc(unknown, func(name string) bool { return strings.HasPrefix(name, "!") }); i >= 0 {
		c.leaveOut(b, at, "its snippet holds %s, which was not read", unknown[i])
		return
	}
	unknown = slices.DeleteFunc(unknown, func(name string) bool {
		return slices.ContainsFunc(predefined, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	})
	if special := emptied.FindAllString(snippet, -1); !b.variables[schema.VarDistributionExec].IsRaw {
		for _, written := range special {
			if name := strings.Trim(written, "${}"); !isName(name) {
				unknown = append(unknown, name)
			}
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		c.report.Look(at, "exec", "the file does not set %s: ci-templates put the project's variable there, or nothing, before the shell ran, and here the shell looks for it", dollars(slices.Compact(unknown)))
	}
	scripts := c.scripts(snippet)
	b.image.Watch = slices.Sorted(maps.Keys(scripts))
	if len(b.image.Watch) == 0 {
		b.image.Watch = nil
	}
	b.image.Exec = c.exports(b, scripts) + snippet
}

var word = regexp.MustCompile(`[A-Za-z0-9_./+-]+`)

// scripts are the files of the project that a snippet names.
func (c *conversion) scripts(snippet string) map[string]string {
	out := map[string]string{}
	for _, name := range word.FindAllString(snippet, -1) {
		name = path.Clean(strings.TrimPrefix(name, "./"))
		if !fs.ValidPath(name) || !strings.ContainsAny(name, "./") {
			continue
		}
		info, err := fs.Stat(c.tree, name)
		if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
			continue
		}
		if content, err := fs.ReadFile(c.tree, name); err == nil {
			out[name] = string(content)
		}
	}
	return out
}

var nameWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func isName(s string) bool { return nameWord.MatchString(s) }

var shellVariable = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// exports are lines that set those variables of the job that its scripts name: the compiled job has none of them.
func (c *conversion) exports(b *build, scripts map[string]string) string {
	var lines strings.Builder
	named := map[string]bool{}
	for _, script := range scripts {
		for _, m := range shellVariable.FindAllStringSubmatch(script, -1) {
			named[m[1]] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		variable, ok := b.variables[name]
		if !ok || isProvided(name) {
			continue
		}
		value, unknown := b.variables.Get(name)
		if slices.ContainsFunc(unknown, func(name string) bool { return strings.HasPrefix(name, "!") }) {
			c.report.Missing(variable.At, name, "the scripts of %s name it, and its value was not read", b.label)
			continue
		}
		lines.WriteString("export " + name + "=" + quoted(value, len(unknown) > 0 && !variable.IsRaw) + "\n")
		c.report.Look(variable.At, name, "scripts that build an image name it, so `exec` sets it first")
	}
	return lines.String()
}

// isProvided reports whether the compiled job has a variable of this name, with the same value.
func isProvided(name string) bool {
	return slices.Contains([]string{
		schema.VarDistributionName, schema.VarDistributionVersion, schema.VarDistributionTag,
		schema.VarDistributionPackages, schema.VarDistributionExec, schema.VarUpstreamRepo, schema.VarUser, schema.VarExpiresAfter,
		schema.VarDistributionWorkingDir, schema.VarDistributionEntrypoint, schema.VarDistributionPlatform,
	}, name)
}

// quoted is a value as a shell reads it; with variables in it the shell expands them.
func quoted(value string, hasVariables bool) string {
	if hasVariables {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(value) + `"`
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
