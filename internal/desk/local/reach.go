package local

import (
	"maps"
	"net/http"
	"runtime"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// reach configures a client of registries that asks the store about the images of this machine.
func (conn *connection) reach() oci.Config {
	config := conn.reachBoth()
	config.Override = func(repo oci.Repository) http.RoundTripper {
		if !conn.isInStore[repo] {
			return nil
		}
		return conn.server.Override(repo)
	}
	return config
}

// reachBoth configures a client that reaches both the registries and the store's server.
func (conn *connection) reachBoth() oci.Config {
	config := conn.Registry
	config.Credentials = maps.Clone(config.Credentials)
	if config.Credentials == nil {
		config.Credentials = map[string]oci.Credentials{}
	}
	config.Credentials[conn.server.Host] = conn.server.Credentials()
	return config
}

// isOwn reports whether a platform is that of this machine.
func isOwn(platform string) bool {
	_, arch, _ := strings.Cut(platform, "/")
	return arch == runtime.GOARCH || strings.HasPrefix(arch, runtime.GOARCH+"/")
}
