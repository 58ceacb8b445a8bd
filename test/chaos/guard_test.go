//go:build chaos

package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// tokenPath is where GitLab's registry sends its clients for tokens.
const tokenPath = "/jwt/auth"

// guard gives tokens for credentials and says who has which: a job, or the owner of the other place to release to.
type guard struct {
	secrets *secrets

	mu    sync.Mutex
	users map[string]visitor // by "user:password"
	known map[string]visitor // by token
}

// visitor is who sends a request.
type visitor struct {
	name string
	// pipeline is the id of the job's pipeline; zero for others.
	pipeline int64
	// writes is the beginning of the paths of repositories that it may write to.
	writes string
}

func newGuard(s *secrets) *guard {
	return &guard{secrets: s, users: map[string]visitor{}, known: map[string]visitor{}}
}

// add lets somebody in.
func (g *guard) add(user, password string, v visitor) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users[user+":"+password] = v
	g.secrets.addLogin(user, password)
}

// token answers a request for a token, by https://distribution.github.io/distribution/spec/auth/token/.
func (g *guard) token(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	g.mu.Lock()
	defer g.mu.Unlock()
	v, ok := g.users[user+":"+password]
	if !ok {
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"HTTP Basic: Access denied"}]}`, http.StatusUnauthorized)
		return
	}
	token := g.secrets.make()
	g.known[token] = v
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"token": token})
}

// admit finds out who sends a request to the registry. Everybody with a token may read; without one it answers for itself.
func (g *guard) admit(w http.ResponseWriter, r *http.Request, host string) (visitor, bool) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g.mu.Lock()
	v, ok := g.known[token]
	g.mu.Unlock()
	isRead := r.Method == http.MethodGet || r.Method == http.MethodHead
	if ok && (isRead || strings.HasPrefix(r.URL.Path, "/v2/"+v.writes)) {
		return v, true
	}
	w.Header().Set("Www-Authenticate", fmt.Sprintf(`Bearer realm="http://%s%s",service="container_registry"`, host, tokenPath))
	w.Header().Set("Content-Type", "application/json")
	http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, http.StatusUnauthorized)
	return visitor{}, false
}
