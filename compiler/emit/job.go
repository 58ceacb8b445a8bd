package emit

import (
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// jobNode is a job as GitLab reads it, its keys in the order in which people read jobs.
func jobNode(job pipeline.Job) *tree.Node {
	m := &tree.Node{Kind: tree.Map}
	set := func(name string, value *tree.Node) {
		if value != nil {
			m.Fields = append(m.Fields, tree.Field{Name: name, Value: value})
		}
	}
	set("stage", optional(job.Stage))
	set("extends", oneOrMore(job.Extends))
	set("image", optional(job.Image))
	set("inherit", inheritNode(job))
	set("tags", short(job.Tags))
	set("resource_group", optional(job.ResourceGroup))
	set("interruptible", switchNode(job.Interruptible))
	set("timeout", optional(job.Timeout))
	set("retry", retryNode(job))
	set("needs", needsNode(job.Needs))
	set("rules", rulesNode(job.Rules))
	set("variables", variablesNode(job.Variables))
	set("trigger", triggerNode(job.Trigger))
	set("script", short(job.Script))
	set("artifacts", artifactsNode(job.Artifacts))
	return m
}

func optional(value string) *tree.Node {
	if value == "" {
		return nil
	}
	return text(value)
}

func text(value string) *tree.Node { return &tree.Node{Kind: tree.String, Text: value} }

func number(value int) *tree.Node { return &tree.Node{Kind: tree.Int, Text: strconv.Itoa(value)} }

func boolean(value bool) *tree.Node {
	if value {
		return &tree.Node{Kind: tree.Bool, Text: "true"}
	}
	return &tree.Node{Kind: tree.Bool, Text: "false"}
}

func texts(values []string) *tree.Node { return list(values, text) }

// oneOrMore is a list, or its only entry.
func oneOrMore(values []string) *tree.Node {
	if len(values) == 1 {
		return text(values[0])
	}
	return short(values)
}

// maxShort is how many characters a list on one line has. Each entry of a longer one has a line of its own, so that a change is one line.
const maxShort = 100

// short is a list on one line if it fits.
func short(values []string) *tree.Node {
	n := texts(values)
	if n != nil {
		n.Flow = len(strings.Join(values, ", ")) <= maxShort
	}
	return n
}

// inBrackets prints a node in brackets.
func inBrackets(n *tree.Node) *tree.Node {
	if n != nil {
		n.Flow = true
	}
	return n
}

// list is nil where there is nothing to list.
func list[T any](values []T, node func(T) *tree.Node) *tree.Node {
	if len(values) == 0 {
		return nil
	}
	n := &tree.Node{Kind: tree.List, Items: make([]*tree.Node, len(values))}
	for i, value := range values {
		n.Items[i] = node(value)
	}
	return n
}

// inheritNode keeps everything of the pipeline around from a job but some variables, and the tags by which it finds a runner: where all
// runners have tags, a job without any waits forever. Jobs that start a pipeline need no runner.
func inheritNode(job pipeline.Job) *tree.Node {
	if job.Inherit == nil {
		return nil
	}
	presets := short([]string{"tags"})
	if job.Trigger != nil {
		presets = boolean(false)
	}
	return mapping(tree.Field{Name: "default", Value: presets}, tree.Field{Name: "variables", Value: inBrackets(texts(job.Inherit))})
}

// mapping leaves out the fields without a value.
func mapping(fields ...tree.Field) *tree.Node {
	m := &tree.Node{Kind: tree.Map}
	for _, field := range fields {
		if field.Value != nil {
			m.Fields = append(m.Fields, field)
		}
	}
	return m
}

func switchNode(s pipeline.Switch) *tree.Node {
	if s == pipeline.Unset {
		return nil
	}
	return boolean(s == pipeline.On)
}

// retryNode tries again where the runner failed, or where the exit code says so.
func retryNode(job pipeline.Job) *tree.Node {
	if job.Retry == pipeline.RetryNothing {
		return nil
	}
	var codes *tree.Node
	if job.Retry == pipeline.RetryOutside {
		codes = inBrackets(list([]int{schema.ExitOutside}, number))
	}
	return inBrackets(mapping(
		tree.Field{Name: "max", Value: number(2)},
		tree.Field{Name: "when", Value: short([]string{"runner_system_failure", "stuck_or_timeout_failure"})},
		tree.Field{Name: "exit_codes", Value: codes},
	))
}

func needsNode(needs []pipeline.Need) *tree.Node {
	n := list(needs, needNode)
	if n == nil {
		return nil
	}
	length := 0
	for _, need := range needs {
		length += len(need.Job) + len(", ")
		if need.Optional {
			length += len("{job: , optional: true}")
		}
	}
	n.Flow = length <= maxShort
	return n
}

func needNode(need pipeline.Need) *tree.Node {
	if !need.Optional {
		return text(need.Job)
	}
	return mapping(tree.Field{Name: "job", Value: text(need.Job)}, tree.Field{Name: "optional", Value: boolean(true)})
}

// triggerNode is the child pipeline of a job, or what jobs with one share.
func triggerNode(trigger *pipeline.Trigger) *tree.Node {
	switch {
	case trigger == nil:
		return nil
	case trigger.File == "":
		return mapping(
			tree.Field{Name: "strategy", Value: text(trigger.Strategy)},
			tree.Field{Name: "forward", Value: mapping(tree.Field{Name: "pipeline_variables", Value: boolean(true)})},
		)
	}
	include := &tree.Node{Kind: tree.List, Items: []*tree.Node{included(trigger.File, nil)}}
	return mapping(tree.Field{Name: "include", Value: include})
}

// handedOver gives a file the inputs of the one that includes it.
func handedOver(inputs []pipeline.Input) *tree.Node {
	m := &tree.Node{Kind: tree.Map}
	for _, input := range inputs {
		m.Fields = append(m.Fields, tree.Field{Name: input.Name, Value: text("$[[ inputs." + input.Name + " ]]")})
	}
	return m
}

// rulesNode is on one line where the job is in each pipeline.
func rulesNode(rules []pipeline.Rule) *tree.Node {
	n := list(rules, ruleNode)
	if len(rules) == 1 && rules[0].If.String() == "" && rules[0].Changes == nil {
		n.Flow = true
	}
	return n
}

func ruleNode(rule pipeline.Rule) *tree.Node {
	var mayFail *tree.Node
	if rule.AllowFailure {
		mayFail = boolean(true)
	}
	return mapping(
		tree.Field{Name: "if", Value: optional(rule.If.String())},
		tree.Field{Name: "changes", Value: texts(rule.Changes)},
		tree.Field{Name: "when", Value: optional(string(rule.When))},
		tree.Field{Name: "allow_failure", Value: mayFail},
		tree.Field{Name: "variables", Value: variablesNode(rule.Variables)},
	)
}

func variablesNode(variables []pipeline.Variable) *tree.Node {
	if len(variables) == 0 {
		return nil
	}
	m := &tree.Node{Kind: tree.Map, Fields: make([]tree.Field, len(variables))}
	for i, variable := range variables {
		value := text(variable.Value)
		if variable.Literal {
			value = mapping(tree.Field{Name: "value", Value: value}, tree.Field{Name: "expand", Value: boolean(false)})
			value.Flow = !strings.Contains(variable.Value, "\n") && len(variable.Value) < 80
		}
		m.Fields[i] = tree.Field{Name: variable.Name, Value: value}
	}
	return m
}

func artifactsNode(artifacts pipeline.Artifacts) *tree.Node {
	var always, reports *tree.Node
	if artifacts.Always {
		always = text("always")
	}
	if artifacts.Dotenv != "" || artifacts.JUnit != "" || artifacts.Annotations != "" {
		reports = mapping(
			tree.Field{Name: "dotenv", Value: optional(artifacts.Dotenv)},
			tree.Field{Name: "junit", Value: optional(artifacts.JUnit)},
			tree.Field{Name: "annotations", Value: optional(artifacts.Annotations)},
		)
	}
	m := mapping(
		tree.Field{Name: "when", Value: always},
		tree.Field{Name: "paths", Value: short(artifacts.Paths)},
		tree.Field{Name: "reports", Value: reports},
	)
	if len(m.Fields) == 0 {
		return nil
	}
	return inBrackets(m)
}

// header is the head of a file with inputs.
func header(inputs []pipeline.Input) *tree.Node {
	all := &tree.Node{Kind: tree.Map}
	for _, input := range inputs {
		all.Fields = append(all.Fields, tree.Field{Name: input.Name, Value: mapping(
			tree.Field{Name: "type", Value: optional(input.Type)},
			tree.Field{Name: "description", Value: text(input.Description)},
			tree.Field{Name: "default", Value: text(input.Default)},
			tree.Field{Name: "regex", Value: optional(input.Regex)},
		)})
	}
	return mapping(tree.Field{Name: "spec", Value: mapping(tree.Field{Name: "inputs", Value: all})})
}
