package oci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Config configures a Client.
type Config struct {
	// Credentials are keyed by registry host. DockerAuth is the JSON of a Docker configuration, with more credentials.
	Credentials map[string]Credentials
	DockerAuth  string
	// Insecure lists registries that are reached over plain HTTP, host or host:port; those on loopback always are.
	Insecure []string
	// Transport sends requests; if nil, the client makes one.
	Transport http.RoundTripper
	// Timeouts are limits as network.ParseLimits reads them; empty for the defaults.
	Timeouts string
	// GitLab is the instance that one of the registries belongs to; it may be empty.
	GitLab GitLab
	// Override returns the transport for a repository that something else than its registry serves, and nil for other repositories. It
	// may be nil.
	Override func(Repository) http.RoundTripper
	// Backoff is the first of the growing pauses between tries; a second when zero.
	Backoff time.Duration
}

// Credentials are a user and a password or token.
type Credentials struct {
	Username, Password string
	// From names their source for error messages, such as "A and B".
	From string
}

// Client talks to registries.
type Client struct {
	config Config
	limits network.Limits
	auths  map[string]authn.AuthConfig
	// from names the source of each registry's credentials.
	from map[string]string
	// tokens are those that operations share.
	tokens *tokens
}

// NewClient returns a client. It fails if DockerAuth or Timeouts cannot be parsed; the error does not quote DockerAuth.
func NewClient(config Config) (*Client, error) {
	limits, err := network.ParseLimits(config.Timeouts)
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, limits: limits, auths: map[string]authn.AuthConfig{}, from: map[string]string{}, tokens: &tokens{}}
	if config.Transport == nil {
		c.config.Transport = network.New(limits)
	}
	if config.Backoff == 0 {
		c.config.Backoff = time.Second
	}
	if config.DockerAuth != "" {
		var file struct {
			Auths map[string]authn.AuthConfig `json:"auths"`
		}
		if err := json.Unmarshal([]byte(config.DockerAuth), &file); err != nil {
			return nil, errors.New("DOCKER_AUTH_CONFIG is not the JSON of a Docker configuration")
		}
		for host, auth := range file.Auths {
			c.auths[canonicalHost(host)], c.from[canonicalHost(host)] = auth, "its entry in DOCKER_AUTH_CONFIG"
		}
	}
	for host, credentials := range config.Credentials {
		c.auths[canonicalHost(host)] = authn.AuthConfig{Username: credentials.Username, Password: credentials.Password}
		c.from[canonicalHost(host)] = credentials.From
	}
	return c, nil
}

// canonicalHost returns the name that references have for a registry. Docker's configuration names some by URLs.
func canonicalHost(host string) string {
	host = strings.TrimPrefix(strings.TrimPrefix(host, "https://"), "http://")
	host, _, _ = strings.Cut(host, "/")
	if host == "index.docker.io" || host == "registry-1.docker.io" {
		return "docker.io"
	}
	return host
}

// AuthFile returns the credentials as the JSON of a Docker configuration, for a builder that pulls.
func (c *Client) AuthFile() ([]byte, error) {
	return json.Marshal(map[string]any{"auths": c.auths})
}

// IsInsecure reports whether a registry is reached over plain HTTP.
func (c *Client) IsInsecure(registry string) bool {
	host, _, err := net.SplitHostPort(registry)
	if err != nil {
		host = registry
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || slices.Contains(c.config.Insecure, registry) || slices.Contains(c.config.Insecure, host)
}

// auth returns the authentication for a repository's registry.
func (c *Client) auth(repo Repository, override Credentials) authn.Authenticator {
	if override.Username != "" {
		return authn.FromConfig(authn.AuthConfig{Username: override.Username, Password: override.Password})
	}
	if known, ok := c.auths[repo.Registry()]; ok {
		return authn.FromConfig(known)
	}
	return authn.Anonymous
}

func (c *Client) transport(repo Repository) http.RoundTripper {
	if c.config.Override != nil {
		if override := c.config.Override(repo); override != nil {
			return override
		}
	}
	return c.config.Transport
}

// options returns the options of the requests about a repository. first is the request that is sent instead of the ping; it may be nil.
func (c *Client) options(ctx context.Context, repo Repository, override Credentials, first *http.Request) []remote.Option {
	// Requests to Docker Hub have another host than references.
	plain := plainHTTP{registry: remoteRepository(repo).RegistryStr(), isAllowed: c.IsInsecure(repo.Registry())}
	retrying := &retryTransport{base: network.Limit(c.transport(repo), c.limits), plain: plain, retries: c.retries(), realm: newRealm(c.config.GitLab), first: first, tokens: c.tokens}
	return []remote.Option{
		remote.WithContext(ctx), remote.WithAuth(c.auth(repo, override)), remote.WithTransport(retrying),
		// The transport waits and repeats. Only an upload is repeated by the client, without another pause.
		remote.WithRetryBackoff(remote.Backoff{Steps: tries}), remote.WithRetryPredicate(mayUploadAgain), remote.WithRetryStatusCodes(),
		remote.WithUserAgent("stemma"),
	}
}

// tries limits how often a request is sent, and patience the time until the last try begins.
const (
	tries    = 5
	patience = 3 * time.Minute
)

func (c *Client) retries() network.Retries {
	return network.Retries{Most: tries, Pause: c.config.Backoff, Patience: patience}
}

// ErrNotFound says that a registry has no such image.
var ErrNotFound = errors.New("the registry has no such image")

// explain turns an error into a message for users: what the registry answered, and what to check. The message has no secret, and no
// address with a query, which may be signed. used are the credentials that replaced the client's, if any. If a retry may succeed, the
// error is marked as a failure outside.
func (c *Client) explain(what string, ref Reference, used Credentials, err error) error {
	var answer *transport.Error
	var failure *network.Failure
	var address *url.Error
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("%s %s: %s speaks plain HTTP: if that is right, name it in %s", what, ref, ref.Repository().Registry(), schema.VarInsecureRegistries)
	case errors.As(err, &failure):
		return fmt.Errorf("%s %s: %w", what, ref, failure)
	case errors.As(err, &answer):
		return c.explainAnswer(what, ref, used, answer)
	case errors.As(err, &address):
		err = address.Err
	}
	return fmt.Errorf("%s %s: %w", what, ref, err)
}

// explainAnswer explains an unsuccessful answer.
func (c *Client) explainAnswer(what string, ref Reference, used Credentials, answer *transport.Error) error {
	registry := ref.Repository().Registry()
	switch answer.StatusCode {
	case http.StatusNotFound:
		return fmt.Errorf("%s %s: %w", what, ref, ErrNotFound)
	case http.StatusUnauthorized:
		return fmt.Errorf("%s %s: %s", what, ref, c.refusal(registry, used))
	case http.StatusForbidden:
		return fmt.Errorf("%s %s: %s does not allow it (403): the job's user may lack the right, or the tag is protected", what, ref, registry)
	default:
		failure := fmt.Errorf("%s %s: %s answered %d", what, ref, registry, answer.StatusCode)
		if outside.IsTemporary(answer.StatusCode) {
			return outside.Mark(failure)
		}
		return failure
	}
}

// refusal tells what to do if a registry refuses the credentials, or if there are none.
func (c *Client) refusal(registry string, used Credentials) string {
	from := used.From
	if used.Username == "" {
		from = c.from[registry]
	}
	if from == "" {
		return registry + " wants credentials (401), or has no such image: give it an entry in DOCKER_AUTH_CONFIG"
	}
	return registry + " refuses the credentials (401): check " + from
}
