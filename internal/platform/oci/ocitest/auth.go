package ocitest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Guard says how a registry wants to be asked.
type Guard struct {
	// Username and Password are the right ones.
	Username, Password string
	// Tokens lets the registry hand out tokens, as GitLab's does, instead of taking the password itself.
	Tokens bool
	// Realm is where tokens are handed out; the registry itself when empty. See TokenService.
	Realm string
}

const (
	tokenPath = "/jwt/auth"
	token     = "a-token"
)

// Protect lets the registry ask for credentials from now on.
func (r *Registry) Protect(guard Guard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.guard = &guard
}

// admit reports whether a request may go on, and answers it where it may not.
func (r *Registry) admit(w http.ResponseWriter, request *http.Request) bool {
	r.mu.Lock()
	guard := r.guard
	r.mu.Unlock()
	if guard == nil {
		return true
	}
	username, password, _ := request.BasicAuth()
	isRight := username == guard.Username && password == guard.Password
	switch {
	case request.URL.Path == tokenPath && guard.Tokens && guard.Realm == "":
		guard.ServeHTTP(w, request)
		return false
	case guard.Tokens && strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ") == token, !guard.Tokens && isRight:
		return true
	case guard.Tokens:
		realm := guard.Realm
		if realm == "" {
			realm = "http://" + r.Host + tokenPath
		}
		w.Header().Set("Www-Authenticate", `Bearer realm="`+realm+`",service="container_registry"`)
	default:
		w.Header().Set("Www-Authenticate", `Basic realm="registry"`)
	}
	w.WriteHeader(http.StatusUnauthorized)
	return false
}

// ServeHTTP hands out tokens for the right credentials, in place of the registry.
func (g Guard) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if username, password, _ := request.BasicAuth(); username != g.Username || password != g.Password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"token": token})
}
