package oci

import (
	"fmt"
	"net/http"

	"gitlab.com/stemma-ci/stemma/schema"
)

// plainHTTP says whether an operation may reach its registry over plain HTTP. go-containerregistry tries that at private addresses and
// below localhost when TLS fails or is slow, and whoever answers then would get the credentials:
// https://github.com/google/go-containerregistry/blob/v0.22.1/pkg/name/registry.go.
type plainHTTP struct {
	registry  string
	isAllowed bool
}

// check fails for a request that would reach the registry over plain HTTP where nobody asked for that. Layers may come from wherever the
// registry redirects to, without credentials.
func (p plainHTTP) check(request *http.Request) error {
	if p.isAllowed || request.URL.Scheme == "https" || request.URL.Host != p.registry {
		return nil
	}
	return fmt.Errorf("%s is not asked over plain HTTP: if that is right, name it in %s", p.registry, schema.VarInsecureRegistries)
}
