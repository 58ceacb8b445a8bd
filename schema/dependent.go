package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Dependent is a project whose pipeline is started when an image was rebuilt, an entry of VarDependents.
type Dependent struct {
	// Project is its path on GitLab, "group/project"; a number, its id, works too.
	Project string `json:"project"`
	// Ref is the branch or tag to run the pipeline on.
	Ref string `json:"ref"`
	// Variables go along with the wave's own; with ViaInputs they are inputs of these names.
	Variables map[string]string `json:"variables,omitempty"`
	// Via says how all of it is passed: ViaVariables, also when empty, or ViaInputs.
	Via string `json:"via,omitempty"`
	// Token names the variable that holds a trigger token of the project; the job's own token is used when it is empty.
	Token string `json:"token,omitempty"`
	// Wait lets the job wait for the pipeline and fail with it.
	Wait bool `json:"wait,omitempty"`
}

// How a poke passes its values.
const (
	ViaVariables = "variables"
	ViaInputs    = "inputs"
)

// ParseDependents reads the value of VarDependents: a JSON array, or one dependent in each line that is not empty and does not
// begin with '#':
//
//	group/project@main
//	group/other@1.2 NAME=value OTHER=value via=inputs token=NAME_OF_A_VARIABLE wait=true
//
// White space separates, so a value that holds some needs the JSON, as does a variable that is called via, token or wait.
// Shapes of names are not looked at here.
func ParseDependents(text string) ([]Dependent, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		return decodeDependents(text)
	}
	var (
		out     []Dependent
		invalid error
	)
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		dependent, err := parseDependent(fields)
		invalid = errors.Join(invalid, err)
		out = append(out, dependent)
	}
	return out, invalid
}

// decodeDependents reads the JSON form.
func decodeDependents(text string) (out []Dependent, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&out); err == nil && decoder.More() {
		err = errors.New("there is more after its end")
	}
	if err != nil {
		return nil, fmt.Errorf("it is not the JSON that it should be: %w", err)
	}
	return out, nil
}

// parseDependent reads the words of a line.
func parseDependent(words []string) (Dependent, error) {
	d := Dependent{}
	d.Project, d.Ref, _ = strings.Cut(words[0], "@")
	for _, word := range words[1:] {
		name, value, isSet := strings.Cut(word, "=")
		switch {
		case !isSet:
			return d, fmt.Errorf("%s: %q is not of the form NAME=value", words[0], word)
		case name == "via":
			d.Via = value
		case name == "token":
			d.Token = value
		case name == "wait" && value != "true" && value != "false":
			return d, fmt.Errorf("%s: wait is %q: it is true or false", words[0], value)
		case name == "wait":
			d.Wait = value == "true"
		default:
			if d.Variables == nil {
				d.Variables = map[string]string{}
			}
			d.Variables[name] = value
		}
	}
	return d, nil
}
