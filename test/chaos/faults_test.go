//go:build chaos

package chaos_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
)

// class is a kind of request.
type class string

const (
	askToken       class = "token"
	readManifest   class = "read manifest"
	readBlob       class = "read blob"
	uploadBlob     class = "upload blob"
	putManifest    class = "put manifest"
	putTag         class = "put tag"
	listTags       class = "list tags"
	deleteTag      class = "delete tag"
	startPipeline  class = "start pipeline"
	otherOfGitLab  class = "other of GitLab"
	otherOfStorage class = "other of the registry"
)

// fault is a way to fail.
type fault struct {
	name string
	// on are the requests that it can happen to; all when nil.
	on []class
	// do answers the request, or does not.
	do func(x exchange)
}

// exchange is a request that meets a fault.
type exchange struct {
	w http.ResponseWriter
	r *http.Request
	// truth lets the server do what it was asked.
	truth func() *httptest.ResponseRecorder
	// at is a random number that says where something is cut.
	at int
}

// table has all faults. "Before" means that nothing was done, "after" that all was done and the answer does not tell.
var table = []fault{
	{"connection lost before", nil, func(x exchange) { networktest.Reset(x.w, x.r, nil) }},
	{"connection lost after", nil, func(x exchange) { networktest.Reset(x.w, x.r, x.truth()) }},
	{"request cut", []class{uploadBlob, putManifest, putTag, startPipeline}, cutRequest},
	{"answer cut", nil, cutAnswer},
	{"half an answer", nil, func(x exchange) { networktest.Cut(x.w, x.r, x.truth()) }},
	{"400", nil, status(400)},
	{"401", nil, status(401)},
	{"403", nil, status(403)},
	{"404", nil, status(404)},
	{"408", nil, status(408)},
	{"409", nil, status(409)},
	{"429", nil, status(429)},
	{"500", nil, status(500)},
	{"502", nil, status(502)},
	{"503", nil, status(503)},
	{"504", nil, status(504)},
	{"500 after", nil, statusAfter(500)},
	{"502 after", nil, statusAfter(502)},
	{"504 after", nil, statusAfter(504)},
	{"wrong digest", []class{readManifest, putManifest, putTag}, wrongDigest},
	{"wrong content", []class{readManifest, readBlob}, wrongContent},
	{"silence before", nil, func(x exchange) { networktest.Hang(x.w, x.r, nil) }},
	{"silence after", nil, func(x exchange) { networktest.Hang(x.w, x.r, x.truth()) }},
	{"silence in the middle", nil, func(x exchange) { networktest.Stop(x.w, x.r, x.truth()) }},
	{"slow", nil, slow},
}

// canHappen reports whether a fault can happen to a request. A registry that denies the records that it has cannot be told from one that
// has none, so that is left out.
func (f fault) canHappen(c class, path string) bool {
	isRecord := strings.Contains(path, "/manifests/stemma-")
	return (f.on == nil || slices.Contains(f.on, c)) && (f.name != "404" || !isRecord)
}

func status(code int) func(exchange) {
	return func(x exchange) {
		_, _ = io.Copy(io.Discard, x.r.Body)
		if code == http.StatusTooManyRequests {
			x.w.Header().Set("Retry-After", "1")
		}
		http.Error(x.w, http.StatusText(code), code)
	}
}

func statusAfter(code int) func(exchange) {
	return func(x exchange) {
		x.truth()
		http.Error(x.w, http.StatusText(code), code)
	}
}

// cutRequest takes a part of the request, which never reaches the server.
func cutRequest(x exchange) {
	_, _ = io.CopyN(io.Discard, x.r.Body, int64(x.at)%max(x.r.ContentLength, 1))
	networktest.Reset(x.w, x.r, nil)
}

// cutAnswer sends a part of the answer.
func cutAnswer(x exchange) {
	answer := x.truth()
	body := answer.Body.Bytes()
	send(x.w, answer, body[:x.at%(len(body)+1)], len(body))
	_ = http.NewResponseController(x.w).Flush()
	panic(http.ErrAbortHandler) // ends the connection, which is what it is for
}

func wrongDigest(x exchange) {
	answer := x.truth()
	answer.Header().Set("Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64))
	send(x.w, answer, answer.Body.Bytes(), answer.Body.Len())
}

// wrongContent changes one byte of the answer, and none of its head.
func wrongContent(x exchange) {
	answer := x.truth()
	body := slices.Clone(answer.Body.Bytes())
	if len(body) > 0 {
		body[x.at%len(body)] ^= 1
	}
	send(x.w, answer, body, len(body))
}

// slow answers late, but within the limits.
func slow(x exchange) {
	time.Sleep(700 * time.Millisecond)
	answer := x.truth()
	send(x.w, answer, answer.Body.Bytes(), answer.Body.Len())
}
