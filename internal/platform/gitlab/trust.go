package gitlab

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Connect returns a client of the API at an address, with the trusted certificates and the timeouts that the environment sets.
func Connect(getenv func(string) string, api string, token Token) (*Client, error) {
	transport, err := NewTransport(getenv("CI_SERVER_TLS_CA_FILE"), getenv(schema.VarTimeouts))
	if err != nil {
		return nil, err
	}
	return NewClient(Config{API: api, Token: token, Transport: transport})
}

// ConnectUser is Connect for commands that a user starts: with the access token in schema.VarAccessToken, to the GitLab that CI_API_V4_URL
// names, or else the server of the git remote, "https://gitlab.example.org", which can be empty. No other address gets the token.
func ConnectUser(getenv func(string) string, server string) (*Client, error) {
	address := getenv("CI_API_V4_URL")
	switch {
	case address != "":
	case server == "":
		return nil, errors.New("which GitLab? The git remote names no server: set CI_API_V4_URL, such as https://gitlab.com/api/v4")
	default:
		address = server + "/api/v4"
	}
	return Connect(getenv, address, NewToken(Private, getenv(schema.VarAccessToken), schema.VarAccessToken))
}

// NewTransport returns a transport that keeps to limits, which network.ParseLimits reads. It trusts the certificates in a PEM
// file besides the system's: what CI_SERVER_TLS_CA_FILE names in the jobs of a GitLab with a certificate of its own. Either may
// be empty.
func NewTransport(certificates, timeouts string) (http.RoundTripper, error) {
	limits, err := network.ParseLimits(timeouts)
	if err != nil {
		return nil, err
	}
	transport := network.New(limits)
	if certificates == "" {
		return network.Limit(transport, limits), nil
	}
	content, err := os.ReadFile(certificates)
	if err != nil {
		return nil, fmt.Errorf("read the certificates of GitLab: %w", err)
	}
	trusted, err := x509.SystemCertPool()
	if err != nil {
		trusted = x509.NewCertPool()
	}
	if !trusted.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s holds no certificates in PEM form", certificates)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	return network.Limit(transport, limits), nil
}
