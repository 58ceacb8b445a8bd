package local

import (
	"maps"
	"net/http"
	"runtime"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// reach says how registries are reached, with the store in place of those whose images this machine has.
func (v *visit) reach() oci.Config {
	config := v.reachBoth()
	config.Instead = func(repo oci.Repository) http.RoundTripper {
		if !v.isHere[repo] {
			return nil
		}
		return v.server.Instead(repo)
	}
	return config
}

// reachBoth says how registries are reached, and the store's server beside them.
func (v *visit) reachBoth() oci.Config {
	config := v.Registry
	config.Credentials = maps.Clone(config.Credentials)
	if config.Credentials == nil {
		config.Credentials = map[string]oci.Credentials{}
	}
	config.Credentials[v.server.Host] = v.server.Credentials()
	return config
}

// isOwn reports whether a platform is that of this machine.
func isOwn(platform string) bool {
	_, arch, _ := strings.Cut(platform, "/")
	return arch == runtime.GOARCH || strings.HasPrefix(arch, runtime.GOARCH+"/")
}
