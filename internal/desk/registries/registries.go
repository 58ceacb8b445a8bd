// Package registries configures clients of registries for commands on a developer's machine.
package registries

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// maxConnections is how many connections to one registry are kept for the requests of a run.
const maxConnections = 64

// LoggedIn returns a client with the settings and credentials of a job, and with the user's own logins if the environment has no
// DOCKER_AUTH_CONFIG.
func LoggedIn(getenv func(string) string) (*oci.Client, error) {
	config, err := Config(getenv)
	if err != nil {
		return nil, err
	}
	client, err := oci.NewClient(config)
	if err != nil {
		return nil, cli.UsageError{Err: err}
	}
	return client, nil
}

// Config configures a client as LoggedIn does.
func Config(getenv func(string) string) (oci.Config, error) {
	config := jobenv.Registries(getenv)
	limits, err := network.ParseLimits(config.Timeouts)
	if err != nil {
		return config, cli.UsageError{Err: err}
	}
	transport := network.New(limits)
	transport.MaxIdleConnsPerHost = maxConnections
	config.Transport = transport
	if config.DockerAuth != "" {
		return config, nil
	}
	for _, file := range authFiles(getenv) {
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return config, fmt.Errorf("read the registries' credentials: %w", err)
		}
		config.DockerAuth = string(content)
		return config, nil
	}
	return config, nil
}

// authFiles lists the files in which buildah, podman and docker keep credentials, in buildah's order,
// https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md.
func authFiles(getenv func(string) string) []string {
	var files []string
	for _, place := range []struct{ variable, below string }{
		{"REGISTRY_AUTH_FILE", ""},
		{"XDG_RUNTIME_DIR", "containers/auth.json"},
		{"XDG_CONFIG_HOME", "containers/auth.json"},
		{"HOME", ".config/containers/auth.json"},
		{"DOCKER_CONFIG", "config.json"},
		{"HOME", ".docker/config.json"},
	} {
		if folder := getenv(place.variable); folder != "" {
			files = append(files, filepath.Join(folder, place.below))
		}
	}
	return files
}
