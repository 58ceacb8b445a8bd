package input_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/input"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
)

// parse reads a map of YAML.
func parse(t *testing.T, text string) *ciyaml.Value {
	t.Helper()
	loader := ciyaml.NewLoader()
	documents := loader.Documents("a.yml", []byte(text))
	if len(documents) != 1 || len(loader.Found()) > 0 {
		t.Fatalf("%q is not one document: %v", text, loader.Found())
	}
	return documents[0]
}

// spec reads the value of `spec`.
func spec(t *testing.T, text string) (input.Spec, problem.List) {
	t.Helper()
	var problems problem.List
	return input.ParseSpec(parse(t, text), &problems), problems
}

func TestInputsHaveTheirValues(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ spec, given, want string }{
		"given":                         {"{inputs: {a: }}", "{a: x}", "x"},
		"a default":                     {"{inputs: {a: {default: x}}}", "{}", "x"},
		"an empty default":              {"{inputs: {a: {default: ''}}}", "{}", ""},
		"a default of null":             {"{inputs: {a: {default: null}}}", "{}", ""},
		"a number for text":             {"{inputs: {a: }}", "{a: 1.10}", "1.1"},
		"text for a number":             {"{inputs: {a: {type: number}}}", "{a: '5'}", "5"},
		"a list":                        {"{inputs: {a: {type: array}}}", "{a: [x, 1, true, null, {b: y}]}", `["x", 1, true, nil, {:b=>"y"}]`},
		"text for a list":               {"{inputs: {a: {type: array}}}", `{a: '["x", {"b": [1.5]}]'}`, `["x", {:b=>[1.5]}]`},
		"an option":                     {"{inputs: {a: {options: [x, y]}}}", "{a: y}", "y"},
		"an option that is a number":    {"{inputs: {a: {type: number, options: [1, 2]}}}", "{a: 2}", "2"},
		"a match of a regex":            {"{inputs: {a: {regex: '^x+$'}}}", "{a: xx}", "xx"},
		"the default of a rule":         {"{inputs: {b: , a: {rules: [{if: '$[[ inputs.b ]] == \"1\"', default: x}, {default: y}]}}}", "{b: '1'}", "x"},
		"the default of the last rule":  {"{inputs: {b: , a: {rules: [{if: '$[[ inputs.b ]] == \"1\"', default: x}, {default: y}]}}}", "{b: '2'}", "y"},
		"empty text counts as no value": {"{inputs: {a: {rules: [{default: y}]}}}", "{a: ''}", "y"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, problems := spec(t, test.spec)
			values, errors := s.Values(parse(t, test.given))
			if len(problems) > 0 || len(errors) > 0 {
				t.Fatal(problems, errors)
			}
			if got := input.Print(values["a"]); got != test.want {
				t.Errorf("the input is %s, not %s", got, test.want)
			}
		})
	}
}

func TestValuesAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ spec, given, want string }{
		"none":                     {"{inputs: {a: }}", "{}", "required value has not been provided"},
		"null":                     {"{inputs: {a: }}", "{a: }", "required value has not been provided"},
		"an unknown name":          {"{inputs: {a: {default: x}}}", "{b: x}", "unknown input arguments: b"},
		"no number":                {"{inputs: {a: {type: number}}}", "{a: x}", "provided value is not a number"},
		"no boolean":               {"{inputs: {a: {type: boolean}}}", "{a: 'yes'}", "provided value is not a boolean"},
		"no list":                  {"{inputs: {a: {type: array}}}", "{a: x}", "provided value is not an array"},
		"no option":                {"{inputs: {a: {options: [x]}}}", "{a: y}", "`y` cannot be used because it is not in the list of allowed options"},
		"no match of a regex":      {"{inputs: {a: {regex: '^x$'}}}", "{a: xx}", "provided value does not match required RegEx pattern"},
		"a default that is wrong":  {"{inputs: {a: {regex: '^x$', default: y}}}", "{a: x}", "default value does not match required RegEx pattern"},
		"options of a boolean":     {"{inputs: {a: {type: boolean, options: [true]}}}", "{a: true}", "Options can only be used with string and number inputs"},
		"no option of a rule":      {"{inputs: {a: {rules: [{options: [x], default: x}]}}}", "{a: y}", "not in the list of allowed options"},
		"a variable is no match":   {"{inputs: {a: {regex: '^x$'}}}", "{a: $X}", "provided value does not match required RegEx pattern"},
		"a list in place of text":  {"{inputs: {a: {regex: '^x$'}}}", "{a: [x]}", "provided value does not match required RegEx pattern"},
		"a number that is no such": {"{inputs: {a: {type: number, options: [1]}}}", "{a: 2}", "`2` cannot be used"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, problems := spec(t, test.spec)
			_, errors := s.Values(parse(t, test.given))
			if len(problems) > 0 || len(errors) != 1 || !strings.Contains(errors[0], test.want) {
				t.Errorf("%v %v, want %q", problems, errors, test.want)
			}
		})
	}
}

func TestHeadersAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"{unknown: x}":                                    "contains unknown keys: unknown",
		"{inputs: {a: {unknown: x}}}":                     "contains unknown keys: unknown",
		"{inputs: {a: x}}":                                "config should be a hash",
		"{inputs: {a: {type: text}}}":                     "unknown value: text",
		"{inputs: {a: {regex: '('}}}":                     "invalid regular expression",
		"{inputs: {a: {type: number, regex: '.'}}}":       "RegEx validation can only be used with string inputs",
		"{inputs: {a: {options: x}}}":                     "options should be an array",
		"{inputs: {a: {rules: [{}], default: x}}}":        "cannot be used together",
		"{inputs: {a: {rules: [{if: 'x', default: x}]}}}": "invalid expression syntax",
		"{component: [path]}":                             "contains unknown values: path",
		"{include: a.yml}":                                "include is not supported here",
	}
	for text, want := range tests {
		if _, problems := spec(t, text); len(problems) != 1 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s gave %v, want %q", text, problems, want)
		}
	}
}

func TestInterpolationsAreReplaced(t *testing.T) {
	t.Parallel()
	given := parse(t, `{text: "a b's", list: [x, {key: [y, z]}], number: 1, isOn: true, path: $CI_PROJECT_PATH, empty: ""}`)
	context := input.Context{Inputs: map[string]*ciyaml.Value{}, Variables: map[string]string{"CI_PROJECT_PATH": "group/project"}}
	for _, field := range given.Fields {
		context.Inputs[field.Name] = field.Value
	}
	tests := map[string]string{
		"$[[ inputs.text ]]":                           "a b's",
		"$[[inputs.text]]-$[[ inputs.number ]]":        "a b's-1",
		"$[[ inputs.list[1].key[0] ]]":                 "y",
		"x $[[ inputs.list[1] ]]":                      `x {:key=>["y", "z"]}`,
		"$[[ inputs.text | posix_escape ]]":            `a\ b\'s`,
		"$[[ inputs.empty | posix_escape ]]":           "''",
		"$[[ inputs.text | truncate(2,1) ]]":           "b",
		"$[[ inputs.text | truncate(9,1) ]]":           "",
		"$[[ inputs.path | expand_vars ]]":             "group/project",
		"$[[ inputs.path|expand_vars|truncate(0,5) ]]": "group",
		"$[[ matrix.NAME ]]":                           "$[[ matrix.NAME ]]",
		"$[[]] $[ inputs.text ]":                       "$[[]] $[ inputs.text ]",
	}
	for text, want := range tests {
		got, err := context.Replace(&ciyaml.Value{Kind: ciyaml.Text, Text: text})
		if err != nil || input.Print(got) != want {
			t.Errorf("%s is %v, %v; want %s", text, got, err, want)
		}
	}
	if got, err := context.Replace(&ciyaml.Value{Kind: ciyaml.Text, Text: "$[[ inputs.isOn ]]"}); err != nil || got.Type != ciyaml.Boolean {
		t.Errorf("a whole value loses its type: %v, %v", got, err)
	}
}

func TestInterpolationsAreRefused(t *testing.T) {
	t.Parallel()
	context := input.Context{Inputs: map[string]*ciyaml.Value{"a": parse(t, "x"), "list": parse(t, "[x]"), "n": parse(t, "1")}}
	tests := map[string]string{
		"$[[ inputs ]]":                        "invalid pattern used for interpolation",
		"$[[ inputs.b ]]":                      "unknown interpolation provided: `b`",
		"$[[ input.a ]]":                       "unknown interpolation provided: `input`",
		"$[[ component.name ]]":                "unknown interpolation provided: `name`",
		"$[[ inputs.a.b ]]":                    "unknown interpolation provided: `b`",
		"$[[ inputs.a[0] ]]":                   "cannot index into non-array value",
		"$[[ inputs.list[1] ]]":                "out of bounds",
		"$[[ inputs.list[x] ]]":                "invalid array index syntax",
		"$[[ inputs.list[0][0][0][0][0][0] ]]": "too many array indices",
		"$[[ inputs.a | upcase ]]":             "no function matching `upcase`",
		"$[[ inputs.n | posix_escape ]]":       "can only be used with string inputs",
		"$[[ inputs.a | truncate(0,1) | truncate(0,1) | truncate(0,1) | truncate(0,1) ]]": "too many functions",
		"$[[ inputs." + strings.Repeat("a", 1100) + " ]]":                                 "maximum interpolation expression size exceeded",
	}
	for text, want := range tests {
		if _, err := context.Replace(&ciyaml.Value{Kind: ciyaml.Text, Text: text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s gave %v, want %q", text, err, want)
		}
	}
}
