package definition

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// The functions below read values of a checked document. They ignore a value of the wrong kind, which the check has reported.

func text(n *tree.Node) Located[string] {
	if n == nil || n.Kind != tree.String {
		return Located[string]{}
	}
	return Located[string]{n.Text, n.Span}
}

func texts(n *tree.Node) []Located[string] {
	if n == nil || n.Kind != tree.List {
		return nil
	}
	out := make([]Located[string], 0, len(n.Items))
	for _, item := range n.Items {
		if item.Kind == tree.String {
			out = append(out, text(item))
		}
	}
	return out
}

func values(located []Located[string]) []string {
	out := make([]string, len(located))
	for i := range located {
		out[i] = located[i].Value
	}
	return out
}

func truth(n *tree.Node) Located[bool] {
	if n == nil || n.Kind != tree.Bool {
		return Located[bool]{}
	}
	return Located[bool]{n.Text == "true", n.Span}
}

func entries(n *tree.Node) []Entry {
	if n == nil || n.Kind != tree.Map {
		return nil
	}
	out := make([]Entry, 0, len(n.Fields))
	for _, field := range n.Fields {
		if field.Value.Kind == tree.String {
			out = append(out, Entry{field.Name, field.Value.Text, field.Span})
		}
	}
	return out
}

func tests(n *tree.Node) []Test {
	if n == nil || n.Kind != tree.List {
		return nil
	}
	out := make([]Test, 0, len(n.Items))
	for _, item := range n.Items {
		out = append(out, Test{
			Name: text(item.Get("name")).Value, Run: text(item.Get("run")).Value,
			Outside: truth(item.Get("outside")).Value, Checkout: truth(item.Get("checkout")).Value, Timeout: seconds(item.Get("timeout")),
		})
	}
	return out
}

// pins reads places of tags, each with a key or a pattern.
func (l *loader) pins(n *tree.Node) []Pin {
	if n == nil || n.Kind != tree.List {
		return nil
	}
	var out []Pin
	for _, item := range n.Items {
		pin := Pin{Image: text(item.Get("image")).Value, File: l.path(item.Get("file")).Value, Key: text(item.Get("key")).Value, Pattern: text(item.Get("pattern")).Value}
		pin.TestSuffix, pin.TestKey = text(item.Get("test").Get("suffix")).Value, text(item.Get("test").Get("key")).Value
		if (pin.Key == "") == (pin.Pattern == "") {
			l.found.Errorf(diagnostic.ConflictingKeys, item.Span, "a pin has either key or pattern, not both").WithHint("write one of them")
		}
		out = append(out, pin)
	}
	return out
}

// updates reads the settings of the update check. The key alone includes an image in the check.
func updates(n *tree.Node) Updates {
	if n == nil {
		return Updates{}
	}
	schedule := truth(n.Get("schedule"))
	return Updates{
		Scheduled: !schedule.Present() || schedule.Value,
		Packages:  truth(n.Get("packages")).Value, Command: text(n.Get("command")).Value,
		ByMergeRequest: text(n.Get("via")).Value == "merge-request",
	}
}

func dependents(n *tree.Node) []Dependent {
	if n == nil || n.Kind != tree.List {
		return nil
	}
	out := make([]Dependent, 0, len(n.Items))
	for _, item := range n.Items {
		out = append(out, Dependent{
			Project: text(item.Get("project")).Value, Ref: text(item.Get("ref")).Value, Variables: entries(item.Get("variables")),
			Via: text(item.Get("via")).Value, Token: text(item.Get("token")).Value, Wait: truth(item.Get("wait")).Value,
		})
	}
	return out
}
