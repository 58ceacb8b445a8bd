package oci

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// tokens keeps the answers of token services, so that the operations of one process on a repository share a token
// (https://distribution.github.io/distribution/spec/auth/token/). An answer belongs to the address, which has the scope, and to the
// credentials that it was given for.
type tokens struct {
	mu    sync.Mutex
	known map[string]tokenAnswer
}

type tokenAnswer struct {
	body []byte
	ends time.Time
}

// defaultLife is how long a token is good where the service does not say.
const defaultLife = 60 * time.Second

// isTokenRequest reports whether a request asks a token service. Requests to registries begin with /v2/.
func isTokenRequest(request *http.Request) bool {
	return request.Method == http.MethodGet && !strings.HasPrefix(request.URL.Path, "/v2/") && request.URL.Query().Has("scope")
}

func tokenKey(request *http.Request) string {
	return request.URL.String() + "\n" + request.Header.Get("Authorization")
}

// answer returns the answer to a request that is known, or nil.
func (t *tokens) answer(request *http.Request) *http.Response {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.known[tokenKey(request)]
	if !ok || !time.Now().Before(known.ends) {
		return nil
	}
	return success(request, known.body)
}

// keep keeps an answer for half of the time that the token is good.
func (t *tokens) keep(request *http.Request, response *http.Response) error {
	body, err := buffer(response, maxWhole)
	if err != nil {
		return err
	}
	var answer struct {
		Expires int `json:"expires_in"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil // whoever asked says what is wrong
	}
	life := defaultLife
	if answer.Expires > 0 {
		life = time.Duration(min(answer.Expires, 3600)) * time.Second
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[string]tokenAnswer{}
	}
	t.known[tokenKey(request)] = tokenAnswer{body, time.Now().Add(life / 2)}
	return nil
}

// forget forgets all tokens: a registry refused one.
func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = nil
}
