package citemplates

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
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
	if len(scripts) > 0 {
		b.image.Watch = slices.Sorted(maps.Keys(scripts))
	}
	b.image.Exec = c.environment(b, scripts) + snippet
}

var word = regexp.MustCompile(`[A-Za-z0-9_./+-]+`)

// The bounds of the search for scripts.
const (
	maxScripts = 200
	maxScript  = 1 << 20
)

// scripts are the files of the project that a snippet names, and the shell scripts that these name, with their content.
func (c *conversion) scripts(snippet string) map[string]string {
	out := map[string]string{}
	isFirst := true
	for queue := []string{snippet}; len(queue) > 0 && len(out) < maxScripts; queue, isFirst = queue[1:], false {
		for _, name := range word.FindAllString(queue[0], -1) {
			name = path.Clean(strings.TrimPrefix(name, "./"))
			if _, isKnown := out[name]; isKnown || !fs.ValidPath(name) || !strings.ContainsAny(name, "./") {
				continue
			}
			info, err := fs.Stat(c.tree, name)
			if err != nil || !info.Mode().IsRegular() || info.Size() > maxScript {
				continue
			}
			content, err := fs.ReadFile(c.tree, name)
			if isScript := path.Ext(name) == ".sh" || strings.HasPrefix(string(content), "#!"); err == nil && (isScript || isFirst) {
				out[name] = string(content)
				queue = append(queue, out[name])
			}
		}
	}
	return out
}

var nameWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func isName(s string) bool { return nameWord.MatchString(s) }

var shellVariable = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// environment gives the build those variables of the job that its scripts name. What the definition does not take for a variable
// of a build, because a shell must put others in or because of its name, is exported by the lines that are returned.
func (c *conversion) environment(b *build, scripts map[string]string) string {
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
		switch {
		case slices.ContainsFunc(unknown, func(name string) bool { return strings.HasPrefix(name, "!") }):
			c.report.Missing(variable.At, name, "the scripts of %s name it, and its value was not read", b.label)
		case len(unknown) > 0 || value == "" || isReserved(name):
			lines.WriteString("export " + name + "=" + quoted(value, len(unknown) > 0) + "\n")
		default:
			if b.image.Build == nil {
				b.image.Build = &importer.Build{Env: map[string]string{}}
			}
			b.image.Build.Env[name] = value
		}
		c.jobs.Add(variable.At, name, "the scripts that make an image name it, so the build has it", b.label)
	}
	return lines.String()
}

// isReserved reports whether the definition takes no variable of this name.
func isReserved(name string) bool {
	return slices.ContainsFunc([]string{"FDO_", "STEMMA_", "CI_", "GITLAB_", "GIT_"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
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
