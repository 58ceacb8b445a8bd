package schema_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestParseDependents(t *testing.T) {
	t.Parallel()
	full := schema.Dependent{
		Project: "a/b", Ref: "main", Variables: map[string]string{"UPDATE_IMG": "stable", "EMPTY": ""}, Via: schema.ViaInputs, Token: "B_TOKEN", Wait: true,
	}
	tests := map[string]struct {
		text string
		want []schema.Dependent
	}{
		"nothing":            {"", nil},
		"comments":           {"\n # none yet\n\n", nil},
		"a line":             {"a/b@main", []schema.Dependent{{Project: "a/b", Ref: "main"}}},
		"no ref":             {"a/b", []schema.Dependent{{Project: "a/b"}}},
		"a ref with @":       {"a/b@feature/@x", []schema.Dependent{{Project: "a/b", Ref: "feature/@x"}}},
		"all of it":          {"a/b@main UPDATE_IMG=stable EMPTY= via=inputs token=B_TOKEN wait=true", []schema.Dependent{full}},
		"several lines":      {"a/b@main\r\n\tc/d@1.2 wait=false\n", []schema.Dependent{{Project: "a/b", Ref: "main"}, {Project: "c/d", Ref: "1.2"}}},
		"a value with '='":   {"a/b@main X=a=b", []schema.Dependent{{Project: "a/b", Ref: "main", Variables: map[string]string{"X": "a=b"}}}},
		"JSON":               {` [{"project":"a/b","ref":"main","variables":{"UPDATE_IMG":"stable","EMPTY":""},"via":"inputs","token":"B_TOKEN","wait":true}]`, []schema.Dependent{full}},
		"JSON that is empty": {`[]`, []schema.Dependent{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := schema.ParseDependents(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Whatever is written, what was read can be written as JSON and is read again as the same.
func FuzzParseDependents(f *testing.F) {
	for _, seed := range []string{"", "# x", "a/b@main A=b via=inputs token=T wait=true", "a/b@main wait=x", `[{"project":"a/b","ref":"main"}]`, "[", "@= ="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := schema.ParseDependents(text)
		if err != nil || len(read) == 0 || !utf8.ValidString(text) {
			return
		}
		encoded, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		again, err := schema.ParseDependents(string(encoded))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(read, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-read +again)\n%s", diff)
		}
	})
}

func TestParseDependentsRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"a word that sets nothing":  {"a/b@main rust\nc/d@main go", `c/d@main: "go" is not of the form NAME=value`},
		"waiting for something":     {"a/b@main wait=yes", `wait is "yes": it is true or false`},
		"JSON that ends too early":  {`[{"project":`, "not the JSON that it should be"},
		"JSON with an unknown name": {`[{"projekt":"a/b"}]`, `unknown field "projekt"`},
		"JSON and more":             {`[] a/b@main`, "there is more after its end"},
		"JSON of another shape":     {`["a/b"]`, "not the JSON that it should be"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := schema.ParseDependents(test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
