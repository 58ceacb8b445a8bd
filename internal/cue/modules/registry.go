package modules

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"cuelang.org/go/mod/modconfig"
	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/modregistry"
	"cuelang.org/go/mod/module"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// registry asks the registries of CUE_REGISTRY, with the credentials that the command `cue` uses.
type registry struct {
	environ   []string
	transport http.RoundTripper
}

func newRegistry(environ []string) (registry, error) {
	limits, err := network.ParseLimits(cli.Lookup(environ)(schema.VarTimeouts))
	if err != nil {
		return registry{}, err
	}
	return registry{environ, limited{network.Limit(network.New(limits), limits)}}, nil
}

// fetch returns the archive of a module.
func (r registry) fetch(ctx context.Context, m module.Version) ([]byte, error) {
	resolver, err := modconfig.NewResolver(&modconfig.Config{Env: r.environ, Transport: r.transport, ClientType: "stemma"})
	if err != nil {
		return nil, err
	}
	found, err := modregistry.NewClientWithResolver(resolver).GetModule(ctx, m)
	if err != nil {
		return nil, explain(err)
	}
	body, err := found.GetZip(ctx)
	if err != nil {
		return nil, explain(err)
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, cuex.MaxModule+1))
	if err == nil && len(content) > cuex.MaxModule {
		err = fmt.Errorf("the archive has more than %d MiB", cuex.MaxModule>>20)
	}
	return content, err
}

// explain says what to do about a registry that wants credentials, and marks an answer that may be another one later. It leaves out the module,
// which the caller names.
func explain(err error) error {
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "module ") {
		err = inner
	}
	var answer interface {
		error
		StatusCode() int
	}
	if !errors.As(err, &answer) {
		return err
	}
	switch status := answer.StatusCode(); {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("the registry answered %d: log in with `docker login` or `cue login`", status)
	case outside.IsTemporary(status):
		return outside.Mark(err)
	default:
		return err
	}
}

// check returns the module file of an archive, if that is a valid archive of the module. It reads all files, because an archive may say that they
// are smaller than they are.
func check(m module.Version, content []byte) (*modfile.File, error) {
	archive, module, err := cuex.OpenModule(m, content)
	if err != nil {
		return nil, err
	}
	for _, file := range archive.File {
		source, err := file.Open()
		if err == nil {
			_, err = io.Copy(io.Discard, source) //nolint:gosec // the reader ends at the size in the archive, which OpenModule has limited
			err = errors.Join(err, source.Close())
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	return module, nil
}

// limited bounds the size of answers, and refuses to leave an encrypted connection.
type limited struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (l limited) RoundTrip(request *http.Request) (*http.Response, error) {
	if from := request.Response; from != nil && from.Request.URL.Scheme == "https" && request.URL.Scheme != "https" {
		return nil, fmt.Errorf("%s redirects to %s without encryption", from.Request.URL.Host, request.URL.Host)
	}
	response, err := l.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, cuex.MaxModule+1), response.Body}
	}
	return response, err
}
