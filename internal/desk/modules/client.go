package modules

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"cuelang.org/go/mod/modconfig"
	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/modregistry"
	"cuelang.org/go/mod/module"
	"cuelang.org/go/mod/modzip"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
)

// client asks the registries of CUE_REGISTRY, with the credentials that the command `cue` uses.
type client struct{ environ []string }

func newClient(environ []string) client { return client{environ} }

// fetch returns the archive of a module.
func (c client) fetch(ctx context.Context, m module.Version) ([]byte, error) {
	resolver, err := modconfig.NewResolver(&modconfig.Config{Env: c.environ, Transport: limited{http.DefaultTransport}, ClientType: "stemma"})
	if err != nil {
		return nil, err
	}
	found, err := modregistry.NewClientWithResolver(resolver).GetModule(ctx, m)
	if err != nil {
		return nil, err
	}
	body, err := found.GetZip(ctx)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, cuex.MaxModule+1))
	if err == nil && len(content) > cuex.MaxModule {
		err = fmt.Errorf("the archive has more than %d MiB", cuex.MaxModule>>20)
	}
	return content, err
}

// check returns the module file of an archive, if that is a valid archive of the module.
func check(m module.Version, content []byte) (*modfile.File, error) {
	_, file, _, err := modzip.CheckZip(m, bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	source, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer source.Close()
	text, err := io.ReadAll(io.LimitReader(source, modzip.MaxCUEMod))
	if err != nil {
		return nil, err
	}
	return modfile.Parse(text, moduleFile)
}

// limited bounds the size of answers.
type limited struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (l limited) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, cuex.MaxModule+1), response.Body}
	}
	return response, err
}
