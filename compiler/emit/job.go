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
	return mapping(
		field("stage", optional(job.Stage)),
		field("extends", oneOrMore(job.Extends)),
		field("image", optional(job.Image)),
		field("inherit", inheritNode(job)),
		field("tags", short(job.Tags)),
		field("resource_group", optional(job.ResourceGroup)),
		field("interruptible", switchNode(job.Interruptible)),
		field("timeout", optional(job.Timeout)),
		field("retry", retryNode(job)),
		field("needs", needsNode(job.Needs)),
		field("rules", rulesNode(job.Rules)),
		field("variables", variablesNode(job.Variables)),
		field("trigger", triggerNode(job.Trigger)),
		field("script", short(job.Script)),
		field("artifacts", artifactsNode(job.Artifacts)),
	)
}

func field(name string, value *tree.Node) tree.Field { return tree.Field{Name: name, Value: value} }

func optional(value string) *tree.Node {
	if value == "" {
		return nil
	}
	return text(value)
}

func text(value string) *tree.Node { return &tree.Node{Kind: tree.String, Text: value} }

func number(value int) *tree.Node { return &tree.Node{Kind: tree.Int, Text: strconv.Itoa(value)} }

func boolean(value bool) *tree.Node {
	return &tree.Node{Kind: tree.Bool, Text: strconv.FormatBool(value)}
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

// list is nil without values.
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

// inheritNode lets a job inherit only some variables of the project's pipeline, and the tags by which it finds a runner: if all runners have
// tags, a job without any waits forever. Jobs that start a pipeline need no runner.
func inheritNode(job pipeline.Job) *tree.Node {
	if job.Inherit == nil {
		return nil
	}
	presets := short([]string{"tags"})
	if job.Trigger != nil {
		presets = boolean(false)
	}
	return mapping(field("default", presets), field("variables", inBrackets(texts(job.Inherit))))
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

// retryNode retries a job if the runner failed, or if the exit code says that a server did.
func retryNode(job pipeline.Job) *tree.Node {
	if job.Retry == pipeline.RetryNothing {
		return nil
	}
	var codes *tree.Node
	if job.Retry == pipeline.RetryOutside {
		codes = inBrackets(list([]int{schema.ExitOutside}, number))
	}
	return inBrackets(mapping(
		field("max", number(2)),
		field("when", short([]string{"runner_system_failure", "stuck_or_timeout_failure"})),
		field("exit_codes", codes),
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
	return mapping(field("job", text(need.Job)), field("optional", boolean(true)))
}

// triggerNode is the child pipeline of a job, or the settings that such jobs share.
func triggerNode(trigger *pipeline.Trigger) *tree.Node {
	switch {
	case trigger == nil:
		return nil
	case trigger.File == "":
		return mapping(
			field("strategy", text(trigger.Strategy)),
			field("forward", mapping(field("pipeline_variables", boolean(true)))),
		)
	}
	include := &tree.Node{Kind: tree.List, Items: []*tree.Node{included(trigger.File, nil)}}
	return mapping(field("include", include))
}

// handedOver passes the inputs of a file on to one that it includes.
func handedOver(inputs []pipeline.Input) *tree.Node {
	m := &tree.Node{Kind: tree.Map}
	for _, input := range inputs {
		m.Fields = append(m.Fields, field(input.Name, text("$[[ inputs."+input.Name+" ]]")))
	}
	return m
}

// rulesNode is on one line if the job is in every pipeline.
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
		field("if", optional(rule.If.String())),
		field("changes", texts(rule.Changes)),
		field("when", optional(string(rule.When))),
		field("allow_failure", mayFail),
		field("variables", variablesNode(rule.Variables)),
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
			value = mapping(field("value", value), field("expand", boolean(false)))
			value.Flow = !strings.Contains(variable.Value, "\n") && len(variable.Value) < 80
		}
		m.Fields[i] = field(variable.Name, value)
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
			field("dotenv", optional(artifacts.Dotenv)),
			field("junit", optional(artifacts.JUnit)),
			field("annotations", optional(artifacts.Annotations)),
		)
	}
	m := mapping(
		field("when", always),
		field("paths", short(artifacts.Paths)),
		field("reports", reports),
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
		all.Fields = append(all.Fields, field(input.Name, mapping(
			field("type", optional(input.Type)),
			field("description", text(input.Description)),
			field("default", text(input.Default)),
			field("regex", optional(input.Regex)),
		)))
	}
	return mapping(field("spec", mapping(field("inputs", all))))
}
