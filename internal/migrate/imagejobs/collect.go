package imagejobs

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// collect finds the commands of all jobs that concern images.
func (c *conversion) collect() {
	for _, one := range c.pipeline.Jobs {
		if one.IsHidden() {
			continue
		}
		for _, combination := range one.Combinations() {
			j := &job{Job: one, label: one.Name, variables: combination.Variables}
			if combination.Label != "" {
				j.label += ": [" + combination.Label + "]"
			}
			for _, variables := range c.variants(j) {
				c.read(j, variables)
			}
			c.jobs = append(c.jobs, j)
			c.builds = append(c.builds, j.builds...)
		}
	}
}

// variants are the variables of a job: as they are, and as each of the rules of the job or the pipeline changes them.
func (c *conversion) variants(j *job) []map[string]string {
	rules := append(jobkeys.Flat(c.pipeline.Top.Get("workflow").Get("rules")), jobkeys.Flat(j.Keys.Get("rules"))...)
	var out []map[string]string
	isPlain := len(rules) == 0
	for _, rule := range rules {
		set := rule.Get("variables")
		if rule.Get("when").String() == "never" {
			continue
		}
		if set == nil || len(out) > 8 {
			isPlain = true
			continue
		}
		over := ciyaml.Variables{}
		for name, variable := range j.variables {
			over[name] = variable
		}
		for _, field := range set.Fields {
			if field.Value.Kind == ciyaml.Text {
				over[field.Name] = ciyaml.Variable{Value: field.Value.Text, At: field.At}
			}
		}
		out = append(out, c.values(j, over))
	}
	if isPlain || len(out) == 0 {
		out = append(out, c.values(j, j.variables))
	}
	return out
}

// dollar matches a variable in a value as GitLab expands it.
var dollar = regexp.MustCompile(`\$([A-Za-z_][A-Za-z0-9_]*)`)

// values are the variables of a job with the other ones in them put in their places.
func (c *conversion) values(j *job, variables ciyaml.Variables) map[string]string {
	out := map[string]string{"CI_JOB_STAGE": cmp.Or(j.Keys.Get("stage").String(), "test")}
	if c.source.Project != "" {
		out["CI_PROJECT_PATH"], out["CI_PROJECT_NAME"] = c.source.Project, path.Base(c.source.Project)
		out["CI_PROJECT_NAMESPACE"] = path.Dir(c.source.Project)
	}
	for name, variable := range variables {
		value, unknown := variables.Get(name)
		if slices.ContainsFunc(unknown, func(name string) bool { return strings.HasPrefix(name, "!") }) {
			continue
		}
		if !variable.IsRaw {
			value = dollar.ReplaceAllString(value, "$${$1}")
		}
		out[name] = value
	}
	return out
}

// read finds the commands of a job with these variables.
func (c *conversion) read(j *job, variables map[string]string) {
	var lines []script.Line
	for _, key := range []string{"before_script", "script"} {
		lines = append(lines, linesOf(j.Keys.Get(key), 10)...)
	}
	commands, err := script.Commands(script.Source{Lines: lines, Tree: c.source.Tree, Variables: variables})
	if err != nil {
		c.unreadable(j, lines, err)
		return
	}
	j.begin = len(j.actions)
	for _, command := range withRecipes(commands) {
		c.command(j, command)
		c.write(j, command)
	}
}

// withRecipes are commands without those that a Makefile runs, where these handle no image; and else without the command of make.
func withRecipes(commands []script.Command) []script.Command {
	handles := map[int]bool{}
	isMake := func(c script.Command) bool { return strings.HasSuffix(c.Args[0], "make") && c.Recipe == "" }
	for _, command := range commands {
		if builder.MatchString(command.Recipe) || imagetool.Read(unwrap(command.Args)) != nil {
			handles[command.Make] = true
		}
	}
	return slices.DeleteFunc(commands, func(c script.Command) bool { return c.Make > 0 && handles[c.Make] == isMake(c) })
}

// linesOf are the lines of a script with their places.
func linesOf(v *ciyaml.Value, depth int) []script.Line {
	switch {
	case v == nil || depth == 0:
	case v.Kind == ciyaml.Text:
		return []script.Line{{Text: v.Text, At: v.At, IsBlock: v.IsBlock}}
	case v.Kind == ciyaml.List:
		var out []script.Line
		for _, item := range v.Items {
			out = append(out, linesOf(item, depth-1)...)
		}
		return out
	}
	return nil
}

// builder matches the words of commands that build images.
var builder = regexp.MustCompile(`\b(?:docker|podman|buildah|buildx|kaniko|nerdctl|img)\b.*\b(?:build|bud|executor|compose)\b|kaniko/executor`)

// unreadable names a job whose script is not shell, if it may build an image.
func (c *conversion) unreadable(j *job, lines []script.Line, err error) {
	if slices.ContainsFunc(lines, func(line script.Line) bool { return builder.MatchString(line.Text) }) {
		c.report.Missing(j.At, j.label, "no image is made of it: its script is not shell: %v", err)
	}
}

// command notes what a command does.
func (c *conversion) command(j *job, command script.Command) {
	args := unwrap(command.Args)
	if len(args) == 0 {
		return
	}
	command.Args = args
	does := imagetool.Read(args)
	switch does := does.(type) {
	case nil:
		j.plain = append(j.plain, command)
		c.other(j, command)
		return
	case imagetool.Housekeeping:
		j.upkeep = append(j.upkeep, command)
		return
	case imagetool.Login:
		j.logins = append(j.logins, does)
		return
	case imagetool.Build:
		c.add(j, command, does)
		return
	case imagetool.Compose:
		c.compose(j, command, does)
		return
	}
	j.actions = append(j.actions, action{command, does})
}

func (c *conversion) add(j *job, command script.Command, does imagetool.Build) {
	b := &build{Build: does, job: j, command: command, before: slices.Clip(j.actions[j.begin:])}
	for _, tag := range does.Tags {
		b.called(c.reference(tag))
		if does.IsPushed {
			b.push(c.reference(tag), j, command)
		}
	}
	j.builds = append(j.builds, b)
	j.actions = append(j.actions, action{command, b})
}

// called gives a build a name.
func (b *build) called(name string) {
	if !slices.Contains(b.names, name) {
		b.names = append(b.names, name)
	}
}

// push gives a build a name that a command pushes.
func (b *build) push(name string, j *job, command script.Command) {
	b.called(name)
	if !slices.ContainsFunc(b.pushed, func(p pushed) bool { return p.name == name }) {
		b.pushed = append(b.pushed, pushed{name, j, command.At})
	}
}

// wrappers are programs that run another one, with the options that have a value.
var wrappers = map[string][]string{
	"sudo": {"-u", "-g"}, "time": nil, "exec": nil, "command": nil, "nice": {"-n"}, "timeout": {"-s", "-k"}, "env": {"-u"}, "retry": nil, "travis_retry": nil, "nohup": nil, "xargs": {"-n", "-I"},
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// unwrap is a command line without the programs that only run it.
func unwrap(args []string) []string {
	for len(args) > 0 {
		valued, ok := wrappers[path.Base(args[0])]
		if !ok {
			return args
		}
		isTimeout := path.Base(args[0]) == "timeout"
		args = args[1:]
		for len(args) > 0 && (strings.HasPrefix(args[0], "-") || assignment.MatchString(args[0])) {
			if slices.Contains(valued, args[0]) && len(args) > 1 {
				args = args[1:]
			}
			args = args[1:]
		}
		if isTimeout && len(args) > 0 {
			args = args[1:]
		}
	}
	return args
}

// quiet are programs whose effect ends with the job, or is that of a login.
var quiet = []string{
	"echo", "printf", "set", "export", "mkdir", "cat", "ls", "pwd", "true", "false", "test", "[", "sleep", "date", "unset", "shopt", "trap", "tee", "which", "whoami", "env",
	"id", "uname", "df", "du", "head", "tail", "wc", "grep", "awk", "cut", "tr", "sort", "base64", "jq", "until", "read", "shift", ":", "hostname", "update-ca-certificates", "ulimit", "local", "type",
}

// other notes a program that concerns no image. What only computes a value or prints something is none.
func (c *conversion) other(j *job, command script.Command) {
	name := strings.Join(command.Args[:min(2, len(command.Args))], " ")
	if len(command.Args) > 1 && (strings.HasPrefix(command.Args[1], "-") || len(command.Args[1]) > 40) {
		name = command.Args[0]
	}
	if command.IsInner || slices.Contains(quiet, path.Base(command.Args[0])) || slices.ContainsFunc(j.others, func(o other) bool { return o.name == name }) {
		return
	}
	j.others = append(j.others, other{name, command.At})
	j.actions = append(j.actions, action{command, nil})
	if builder.MatchString(command.Recipe) {
		b := &build{job: j, command: command}
		c.leaveOut(b, "this recipe is not shell: %s", command.Reason)
		j.builds = append(j.builds, b)
	}
}

// short is the beginning of the command.
func (b *build) short() string {
	words := b.command.Args
	if len(words) > 4 {
		return strings.Join(words[:4], " ") + " …"
	}
	return strings.Join(words, " ")
}
