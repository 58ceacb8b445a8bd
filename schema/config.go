package schema

import (
	"encoding/json"
	"strings"
)

// Config has the plain fields of an image. They go unchanged from a definition, each in its variable, to the configuration of the image.
type Config struct {
	Entrypoint Entrypoint `yaml:"entrypoint,omitempty" var:"FDO_DISTRIBUTION_ENTRYPOINT" hash:"yes"`
	// Workdir is the folder in which a container starts.
	Workdir string `yaml:"workdir,omitempty" var:"FDO_DISTRIBUTION_WORKINGDIR" hash:"yes"`
	// User is the user that a container starts as. It is created if its name is not known, except in an image of a Containerfile.
	User string `yaml:"user,omitempty" var:"FDO_USER" hash:"yes"`
	// StopSignal stops a container: "SIGQUIT".
	StopSignal string `yaml:"stopSignal,omitempty" var:"STEMMA_STOP_SIGNAL" hash:"yes"`
}

// Settings tell how an image is built.
type Settings struct {
	// Users are created before the snippet runs, with these numbers; nil if the definition has no `users`.
	Users  map[string]int64 `yaml:"users" var:"STEMMA_USERS" hash:"yes"`
	Proxy  Proxy            `yaml:"proxy" hash:"no"`
	Limits Limits           `yaml:"limits" var:"STEMMA_LIMITS" hash:"no"`
}

// Proxy has the addresses of the proxies for a build, and for only its package manager; either may be empty.
type Proxy struct {
	Build    string `yaml:"build,omitempty" var:"STEMMA_BUILD_PROXY"`
	Packages string `yaml:"packages,omitempty" var:"STEMMA_PACKAGE_PROXY"`
}

// Entrypoint is the program that a container starts: only its path, or a list with its arguments. The zero Entrypoint is the base's.
type Entrypoint struct {
	Path string
	// List is not nil for a list.
	List []string
}

// Arguments are the program and its arguments; nil for none.
func (e Entrypoint) Arguments() []string {
	if e.Path != "" {
		return []string{e.Path}
	}
	return e.List
}

// IsZero reports whether there is none.
func (e Entrypoint) IsZero() bool { return e.Path == "" && e.List == nil }

// MarshalText returns the value of the variable: the path, or a list in JSON.
func (e Entrypoint) MarshalText() ([]byte, error) {
	if e.List == nil {
		return []byte(e.Path), nil
	}
	return []byte(JSON(e.List)), nil
}

// UnmarshalText reads the value of the variable.
func (e *Entrypoint) UnmarshalText(text []byte) error {
	if strings.HasPrefix(string(text), "[") {
		return json.Unmarshal(text, &e.List)
	}
	e.Path = string(text)
	return nil
}

// MarshalYAML returns it as a definition has it.
func (e Entrypoint) MarshalYAML() (any, error) {
	if e.List == nil {
		return e.Path, nil
	}
	return e.List, nil
}
