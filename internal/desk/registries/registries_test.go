package registries_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
)

// Logins are read from the first file that exists, in buildah's order, unless DOCKER_AUTH_CONFIG has them.
func TestConfigReadsTheUsersLogins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, file := range []string{"auth.json", "run/containers/auth.json", "config/containers/auth.json", "home/.config/containers/auth.json", "docker/config.json", "home/.docker/config.json"} {
		path := filepath.Join(dir, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(file), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]string{
		"DOCKER_AUTH_CONFIG": "variable", "REGISTRY_AUTH_FILE": dir + "/auth.json", "XDG_RUNTIME_DIR": dir + "/run", "XDG_CONFIG_HOME": dir + "/config",
		"HOME": dir + "/home", "DOCKER_CONFIG": dir + "/docker",
	}
	for _, step := range []struct{ want, without string }{
		{"variable", "DOCKER_AUTH_CONFIG"},
		{"auth.json", "REGISTRY_AUTH_FILE"},
		{"run/containers/auth.json", "XDG_RUNTIME_DIR"},
		{"config/containers/auth.json", "XDG_CONFIG_HOME"},
		{"home/.config/containers/auth.json", "HOME"},
		{"docker/config.json", "DOCKER_CONFIG"},
		{"", ""},
	} {
		config, err := registries.Config(func(name string) string { return all[name] })
		if err != nil || config.DockerAuth != step.want {
			t.Errorf("got the logins %q, %v; want %q", config.DockerAuth, err, step.want)
		}
		delete(all, step.without)
	}
}

func TestConfigReadsLoginsOfDocker(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(home, ".docker"), 0o700), os.WriteFile(filepath.Join(home, ".docker", "config.json"), []byte("{}"), 0o600)); err != nil {
		t.Fatal(err)
	}
	config, err := registries.Config(func(name string) string { return map[string]string{"HOME": home}[name] })
	if err != nil || config.DockerAuth != "{}" {
		t.Errorf("got the logins %q, %v; want {}", config.DockerAuth, err)
	}
}

func TestWrongTimeoutsAreWrongUsage(t *testing.T) {
	t.Parallel()
	getenv := func(name string) string { return map[string]string{"STEMMA_TIMEOUTS": "answer=soon"}[name] }
	if _, err := registries.LoggedIn(getenv); !errors.As(err, new(cli.UsageError)) {
		t.Errorf("got %v, want a cli.UsageError", err)
	}
}
