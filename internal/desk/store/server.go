package store

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Server is a store's registry on loopback, for this process and those that it starts.
type Server struct {
	// Host is its address, host:port.
	Host string

	handler  *handler
	server   *http.Server
	password string
}

// user is the user name of the registry. The password is random, and known to this process and its children only: other users of the
// machine have no access.
const user = "stemma"

// Serve starts the registry. Close ends it.
func (s *Store) Serve() (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a registry for the images on this machine: %w", err)
	}
	v := &Server{Host: listener.Addr().String(), handler: &handler{store: s, uploads: map[string]*upload{}}, password: rand.Text()}
	v.server = &http.Server{Handler: http.HandlerFunc(v.admit), ReadHeaderTimeout: time.Minute}
	go func() { _ = v.server.Serve(listener) }()
	return v, nil
}

func (v *Server) admit(w http.ResponseWriter, request *http.Request) {
	name, password, _ := request.BasicAuth()
	if subtle.ConstantTimeCompare([]byte(name+":"+password), []byte(user+":"+v.password)) != 1 {
		w.Header().Set("Www-Authenticate", `Basic realm="stemma"`)
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "wrong password")
		return
	}
	v.handler.ServeHTTP(w, request)
}

// Close ends the registry.
func (v *Server) Close() {
	_ = v.server.Close()
	v.handler.dropAll()
}

// Credentials are those of the registry.
func (v *Server) Credentials() oci.Credentials {
	return oci.Credentials{Username: user, Password: v.password, From: "this run"}
}

// At returns the registry's reference for an image of the store.
func (v *Server) At(ref oci.Reference) (oci.Reference, error) {
	repository, err := oci.ParseRepository(v.Host + "/" + pathOf(ref.Repository()))
	if err != nil {
		return oci.Reference{}, err
	}
	if ref.Digest().IsZero() {
		return repository.Tag(ref.Tag()), nil
	}
	return repository.At(ref.Digest()), nil
}

// Override returns the transport to use for a repository instead of the one to its registry: it leads to the store.
func (v *Server) Override(repo oci.Repository) http.RoundTripper {
	registry := repo.Registry()
	return &detour{server: v, prefix: "/v2/" + strings.Replace(registry, ":", "_", 1) + "/"}
}

// detour sends requests for a registry to the server.
type detour struct {
	server *Server
	prefix string
}

// RoundTrip implements http.RoundTripper.
func (d *detour) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if rest, ok := strings.CutPrefix(request.URL.Path, "/v2/"); ok && rest != "" && request.URL.Host != d.server.Host {
		request.URL.Path = d.prefix + rest
	}
	request.URL.Scheme, request.URL.Host, request.Host = "http", d.server.Host, d.server.Host
	request.SetBasicAuth(user, d.server.password)
	return http.DefaultTransport.RoundTrip(request)
}
