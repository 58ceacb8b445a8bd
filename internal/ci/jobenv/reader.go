// Package jobenv reads the environment of a job: variables of package schema and GitLab's predefined ones, as typed values.
package jobenv

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// UsageError says which variables are wrong; all of them at once.
type UsageError struct{ error }

// IsAboutVariables distinguishes the error from one of the command line.
func (UsageError) IsAboutVariables() bool { return true }

// Invalid returns a UsageError with a cause.
func Invalid(err error) error { return UsageError{err} }

// Reader reads variables and collects what is wrong with them.
type Reader struct {
	// Getenv looks up a variable; it returns an empty text for one that is not set.
	Getenv  func(string) string
	invalid error
}

// NewReader returns a Reader of an environment.
func NewReader(getenv func(string) string) *Reader { return &Reader{Getenv: getenv} }

// Fail adds a mistake.
func (r *Reader) Fail(format string, args ...any) {
	r.invalid = errors.Join(r.invalid, fmt.Errorf(format, args...))
}

// Err returns a UsageError with all mistakes so far; nil if there is none.
func (r *Reader) Err() error {
	if r.invalid == nil {
		return nil
	}
	return UsageError{r.invalid}
}

// Required reads a variable that must be set; why says what it is for.
func (r *Reader) Required(name, why string) string {
	value := r.Getenv(name)
	if value == "" {
		r.Fail("%s is not set: %s", name, why)
	}
	return value
}

// ProjectRegistry returns the registry path of the project, in lower case as registries require it.
func (r *Reader) ProjectRegistry() string {
	return strings.ToLower(r.Required("CI_REGISTRY_IMAGE", "the container registry of this project is switched off; switch it on under Settings > General > Visibility"))
}

// Decode reads a variable that holds JSON. It leaves the value as it is if the variable is not set.
func (r *Reader) Decode(name string, into any) {
	value := r.Getenv(name)
	if value == "" {
		return
	}
	if err := json.Unmarshal([]byte(value), into); err != nil {
		r.Fail("%s is not the JSON that it should be: %w", name, err)
	}
}

// Table reads the variables of the fields of a struct; see schema.Field.
func (r *Reader) Table(into any) {
	if err := schema.Read(r.Getenv, into); err != nil {
		r.Fail("%w", err)
	}
}

// List reads a variable that holds words separated by commas, spaces or line ends.
func (r *Reader) List(name string) []string {
	return strings.FieldsFunc(r.Getenv(name), func(c rune) bool { return c == ',' || c == ' ' || c == '\n' })
}

// Number reads a variable that holds a number; zero if it is not set.
func (r *Reader) Number(name string, most int) int {
	value := r.Getenv(name)
	if value == "" {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		r.Fail("%s is %q: it is a number from 0 to %d", name, value, most)
	}
	return n
}

// Words reads a variable that holds words, quoted as in a shell.
func (r *Reader) Words(name string) []string { return parse(r, name, r.Getenv(name), words) }

// parse parses a text that comes from a variable.
func parse[T any](r *Reader, variable, text string, read func(text string) (T, error)) T {
	value, err := read(text)
	if err != nil {
		r.Fail("%s: %w", variable, err)
	}
	return value
}

// Reference parses a reference that comes from a variable.
func (r *Reader) Reference(variable, text string) oci.Reference {
	return parse(r, variable, text, oci.ParseReference)
}

// Tag parses a tag that comes from a variable.
func (r *Reader) Tag(variable, text string) schema.Tag {
	return parse(r, variable, text, schema.ParseTag)
}

// Repository parses a repository that comes from a variable.
func (r *Reader) Repository(variable, text string) oci.Repository {
	return parse(r, variable, text, oci.ParseRepository)
}

// Credentials reads the credentials of a place from the variables that hold them; none if there is no variable for the user name.
func (r *Reader) Credentials(place, username, password string) oci.Credentials {
	if username == "" {
		return oci.Credentials{}
	}
	why := "it holds the credentials of " + place + "; set it under Settings > CI/CD > Variables, or see whether it is protected"
	return oci.Credentials{Username: r.Required(username, why), Password: r.Required(password, why), From: username + " and " + password}
}

// Recipes returns how distributions install packages: those of stemma, and the project's own.
func (r *Reader) Recipes() schema.Recipes {
	recipes, err := schema.LoadRecipes()
	if err != nil {
		r.Fail("%w", err)
	}
	var own schema.Recipes
	r.Decode(schema.VarDistributions, &own)
	if err := recipes.Add(own); err != nil {
		r.Fail("%s: %w", schema.VarDistributions, err)
	}
	return recipes
}

// Dependents reads the projects to poke.
func (r *Reader) Dependents() []schema.Dependent {
	return parse(r, schema.VarDependents, r.Getenv(schema.VarDependents), schema.ParseDependents)
}

// Poke reads the poke that started the pipeline; zero if none did.
func (r *Reader) Poke() wave.Poke {
	poke, err := wave.ReadPoke(r.Getenv(schema.VarPokedBy), r.Getenv(schema.VarWave), r.Getenv(schema.VarWavePath))
	if err != nil {
		r.Fail("%s, %s and %s are what started this pipeline: %w", schema.VarPokedBy, schema.VarWave, schema.VarWavePath, err)
	}
	return poke
}

// Digest returns the digest of an image that a job of this pipeline left for later jobs. The name is that of the image, or of one platform of
// it. Without such a job, ok is false.
func Digest(getenv func(string) string, name string) (digest oci.Digest, ok bool) {
	digest, err := oci.ParseDigest(getenv(schema.PrefixDigest + schema.DotenvSuffix(name)))
	return digest, err == nil
}

// Registries returns how the registries are reached, from the variables that GitLab and the project set.
func Registries(getenv func(string) string) oci.Config {
	config := oci.Config{
		DockerAuth: getenv("DOCKER_AUTH_CONFIG"), Credentials: map[string]oci.Credentials{}, Timeouts: getenv(schema.VarTimeouts),
		GitLab:   oci.GitLab{Registry: getenv("CI_REGISTRY"), URL: getenv("CI_SERVER_URL")},
		Insecure: NewReader(getenv).List(schema.VarInsecureRegistries),
	}
	if registry, user := getenv("CI_REGISTRY"), getenv("CI_REGISTRY_USER"); registry != "" && user != "" {
		config.Credentials[registry] = oci.Credentials{Username: user, Password: getenv("CI_REGISTRY_PASSWORD"), From: "CI_REGISTRY_USER and CI_REGISTRY_PASSWORD"}
	}
	return config
}
