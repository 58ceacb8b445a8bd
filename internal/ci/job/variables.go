// Package job is what a compiled job runs: build, verify, release and poke. The variables of package schema and GitLab's
// predefined ones are its only input.
package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// UsageError says which variables are wrong; all of them at once.
type UsageError struct{ error }

// IsAboutVariables distinguishes the error from one of the command line.
func (UsageError) IsAboutVariables() bool { return true }

// reader reads variables and collects what is wrong with them.
type reader struct {
	getenv  func(string) string
	invalid error
}

func (r *reader) fail(format string, args ...any) {
	r.invalid = errors.Join(r.invalid, fmt.Errorf(format, args...))
}

func (r *reader) err() error {
	if r.invalid == nil {
		return nil
	}
	return UsageError{r.invalid}
}

func (r *reader) required(name, why string) string {
	value := r.getenv(name)
	if value == "" {
		r.fail("%s is not set: %s", name, why)
	}
	return value
}

// decode reads a variable that holds JSON.
func (r *reader) decode(name string, into any) {
	value := r.getenv(name)
	if value == "" {
		return
	}
	if err := json.Unmarshal([]byte(value), into); err != nil {
		r.fail("%s is not the JSON that it should be: %w", name, err)
	}
}

func (r *reader) list(name string) []string {
	return strings.FieldsFunc(r.getenv(name), func(c rune) bool { return c == ',' || c == ' ' || c == '\n' })
}

// number reads a variable that holds a number, zero where it is not set.
func (r *reader) number(name string, most int) int {
	value := r.getenv(name)
	if value == "" {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		r.fail("%s is %q: it is a number from 0 to %d", name, value, most)
	}
	return n
}

// words reads a variable that holds words, with quotes where a shell would have them.
func (r *reader) words(name string) []string {
	out, err := words(r.getenv(name))
	if err != nil {
		r.fail("%s: %w", name, err)
	}
	return out
}

func (r *reader) tag() string {
	tag := r.required(schema.VarDistributionTag, "it is the tag of the image")
	if tag != "" && !isTag(tag) {
		r.fail("%s is %q: a tag has letters, digits, '_', '.' and '-', at most 128 of them, and does not begin with '.' or '-'", schema.VarDistributionTag, tag)
	}
	return tag
}

// target is the image that a job is about.
type target struct {
	// Name is how the definition calls it; for a job written by hand the repository below the project.
	Name string
	// Suffix is the repository below the project's registry path.
	Suffix     string
	Repository oci.Repository
	Tag        string
	// Snapshot is the end of the tag that a snapshot has; it may be empty.
	Snapshot string
	// Inputs is the hash of its inputs; a job written by hand has none.
	Inputs string
	// Platform is the one that the job builds or tests; it may be empty.
	Platform string
}

func (t target) reference() oci.Reference { return t.Repository.Tag(t.Tag) }

// isContentTag reports whether the tag says what is in the image.
func (t target) isContentTag() bool {
	tag := strings.TrimSuffix(t.Tag, t.Snapshot)
	return len(tag) == schema.ContentTagLength && strings.HasPrefix(t.Inputs, tag)
}

// platformName is the name of the job's product: the image, or one platform of it.
func (t target) platformName(isPart bool) string {
	if isPart {
		return t.Name + "@" + schema.Arch(t.Platform)
	}
	return t.Name
}

// target reads which image the job is about.
func (r *reader) target() target {
	registry := r.required("CI_REGISTRY_IMAGE", "the container registry of this project is switched off; switch it on under Settings > General > Visibility")
	suffix := r.getenv(schema.VarRepoSuffix)
	if suffix == "" {
		suffix = r.required(schema.VarDistributionName, "name the distribution, or set "+schema.VarRepoSuffix) + "/" + r.distributionVersion()
	}
	t := target{
		Name: r.getenv(schema.VarImage), Suffix: strings.Trim(suffix, "/"), Tag: r.tag(), Inputs: r.getenv(schema.VarInputs), Platform: r.getenv(schema.VarDistributionPlatform),
	}
	t.Snapshot = r.snapshot()
	if t.Tag += t.Snapshot; len(t.Tag) > maxTag {
		r.fail("%s is too long for a snapshot, which adds %s: a tag has at most %d characters", schema.VarDistributionTag, t.Snapshot, maxTag)
	}
	if t.Name == "" {
		t.Name = suffix
	}
	if registry == "" {
		return t
	}
	var err error
	if t.Repository, err = oci.ParseRepository(strings.ToLower(registry) + "/" + t.Suffix); err != nil {
		r.fail("%s is %q: %w", schema.VarRepoSuffix, suffix, err)
	}
	return t
}

// distributionVersion is the version in the path of an image that has no suffix of its own.
func (r *reader) distributionVersion() string {
	recipes, err := schema.LoadRecipes()
	if err != nil {
		r.fail("%w", err)
	}
	recipe, ok := recipes.Recipe(r.getenv(schema.VarDistributionName))
	version := recipe.ImageVersion(r.getenv(schema.VarDistributionVersion))
	if ok && version == "" {
		r.failWithoutVersion(recipe)
	}
	return version
}

func (r *reader) failWithoutVersion(recipe schema.Recipe) {
	r.fail("%s is not set: %s has no default version", schema.VarDistributionVersion, recipe.Name)
}

// Registries returns how the registries are reached, from the variables that GitLab and the project set.
func Registries(getenv func(string) string) oci.Config {
	config := oci.Config{
		DockerAuth: getenv("DOCKER_AUTH_CONFIG"), Credentials: map[string]oci.Credentials{}, Timeouts: getenv(schema.VarTimeouts),
		GitLab: oci.GitLab{Registry: getenv("CI_REGISTRY"), URL: getenv("CI_SERVER_URL")},
	}
	if registry, user := getenv("CI_REGISTRY"), getenv("CI_REGISTRY_USER"); registry != "" && user != "" {
		config.Credentials[registry] = oci.Credentials{Username: user, Password: getenv("CI_REGISTRY_PASSWORD"), From: "CI_REGISTRY_USER and CI_REGISTRY_PASSWORD"}
	}
	r := reader{getenv: getenv}
	config.Insecure = r.list(schema.VarInsecureRegistries)
	return config
}
