package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestFieldsOfATableReachJobs reads the variables of a struct and expects the same text again.
func TestFieldsOfATableReachJobs(t *testing.T) {
	t.Parallel()
	type all struct {
		schema.Config
		schema.Settings
		Cache  bool `var:"CACHE=registry"`
		Absent string
	}
	variables := map[string]string{
		"FDO_DISTRIBUTION_ENTRYPOINT": `["/bin/sh","-c","a & b"]`, "FDO_DISTRIBUTION_WORKINGDIR": "/src", "FDO_USER": "me",
		"STEMMA_USERS": `{"a":1,"b":2}`, "STEMMA_BUILD_PROXY": "http://proxy", "STEMMA_PACKAGE_PROXY": "http://packages",
		"STEMMA_LIMITS": `{"memory":1024,"cpuset":"0-2"}`, "CACHE": "registry",
	}
	var read all
	if err := schema.Read(func(name string) string { return variables[name] }, &read); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range schema.Leaves(reflect.TypeFor[all]()) {
		if text := f.Text(reflect.ValueOf(read)); f.Variable != "" && text != "" {
			got[f.Variable] = text
		}
	}
	if diff := cmp.Diff(variables, got); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}

func TestReadNamesEachWrongVariable(t *testing.T) {
	t.Parallel()
	var settings schema.Settings
	err := schema.Read(func(string) string { return "{" }, &settings)
	for _, variable := range []string{"STEMMA_USERS", "STEMMA_LIMITS"} {
		if err == nil || !strings.Contains(err.Error(), variable+" is not the JSON that it should be") {
			t.Errorf("got the error %v, want one that names %s", err, variable)
		}
	}
}

func TestEntrypoints(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []string
	}{
		"none":       {"", nil},
		"a path":     {"/bin/sh", []string{"/bin/sh"}},
		"a list":     {`["/bin/sh","-c"]`, []string{"/bin/sh", "-c"}},
		"empty list": {"[]", []string{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e schema.Entrypoint
			if err := e.UnmarshalText([]byte(test.text)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, e.Arguments()); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if text, err := e.MarshalText(); err != nil || string(text) != test.text {
				t.Errorf("the text is %q, %v, want %q", text, err, test.text)
			}
		})
	}
}
