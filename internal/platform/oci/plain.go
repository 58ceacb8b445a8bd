package oci

import (
	"fmt"
	"net/http"

	"gitlab.com/stemma-ci/stemma/schema"
)

// plainHTTP tells whether an operation may use plain HTTP for its registry. go-containerregistry tries that for private addresses and
// subdomains of localhost if TLS fails or is slow. Whoever answers then would get the credentials:
// https://github.com/google/go-containerregistry/blob/v0.22.1/pkg/name/registry.go.
type plainHTTP struct {
	registry  string
	isAllowed bool
}

// check fails for a request over plain HTTP to a registry that is not listed as insecure. Layers may come from any address to which the
// registry redirects: such requests have no credentials.
func (p plainHTTP) check(request *http.Request) error {
	if p.isAllowed || request.URL.Scheme == "https" || request.URL.Host != p.registry {
		return nil
	}
	return fmt.Errorf("%s may not be reached over plain HTTP; to allow it, list it in %s", p.registry, schema.VarInsecureRegistries)
}
