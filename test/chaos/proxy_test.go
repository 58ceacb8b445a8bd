//go:build chaos

package chaos_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// proxy is between the jobs and a registry or GitLab: it asks for credentials, writes down what matters, and lets faults happen.
type proxy struct {
	server   *httptest.Server
	registry *httputil.ReverseProxy
	gitlab   *httputil.ReverseProxy
	guard    *guard
	bridge   http.Handler
	history  *history
	logf     func(format string, args ...any)
	// closing ends what hangs: the server does not notice every client that has gone.
	closing context.Context //nolint:containedctx // it is as long as the proxy
	end     context.CancelFunc

	mu    sync.Mutex
	armed []*armedFault
	// tags lets one tag move at a time, so that the history has the registry's order.
	tags sync.Mutex
}

// armedFault is a fault that waits for its request.
type armedFault struct {
	fault
	// only is the class of requests that it happens to; any when empty. isRecord says: only to records.
	only     class
	isRecord bool
	// skip is how many of them pass before, times how many it happens to then.
	skip, times int
	at          int
}

// shared keeps the connections of all proxies.
var shared = &http.Transport{MaxIdleConnsPerHost: 64}

func newProxy(gitlab string, g *guard, h *history, bridge http.Handler, logf func(string, ...any)) *proxy {
	to := func(address string) *httputil.ReverseProxy {
		back, err := url.Parse(address)
		if err != nil {
			panic(err) // the harness made it up
		}
		return &httputil.ReverseProxy{Transport: shared, Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(back)
			p.Out.Host = p.In.Host // which is in the addresses of uploads
			if back.Host == *backend {
				p.Out.Header.Del("Authorization")
			}
		}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }}
	}
	p := &proxy{registry: to("http://" + *backend), gitlab: to(gitlab), guard: g, history: h, bridge: bridge, logf: logf}
	p.closing, p.end = context.WithCancel(context.Background())
	p.server = httptest.NewServer(p)
	return p
}

func (p *proxy) close() {
	p.end()
	p.server.CloseClientConnections()
	p.server.Close()
}

// host is where the registry and GitLab are.
func (p *proxy) host() string { return strings.TrimPrefix(p.server.URL, "http://") }

// arm lets faults happen from now on, and no others.
func (p *proxy) arm(faults ...*armedFault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = faults
}

// ServeHTTP implements http.Handler.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(p.closing, stop)()
	r = r.WithContext(ctx)
	c := classify(r)
	f := p.meets(c, r)
	truth := func() *httptest.ResponseRecorder {
		content, err := io.ReadAll(r.Body) // the end of a connection is noticed only once the request has been read
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(content))
		answer := httptest.NewRecorder()
		p.answer(answer, r, c)
		return answer
	}
	if f == nil {
		answer := truth()
		send(w, answer, answer.Body.Bytes(), answer.Body.Len())
		return
	}
	tally.faults.Add(1)
	p.logf("fault: %s: %s %s", f.name, r.Method, r.URL.Path)
	f.do(exchange{w, r, truth, f.at})
}

// meets is the fault that a request meets, if any.
func (p *proxy) meets(c class, r *http.Request) *armedFault {
	p.mu.Lock()
	defer p.mu.Unlock()
	isRecord := strings.Contains(r.URL.Path, "/manifests/stemma-")
	for _, f := range p.armed {
		if f.only != "" && f.only != c || f.isRecord && !isRecord || !f.canHappen(c, r.URL.Path) || f.times == 0 {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		f.times--
		return f
	}
	return nil
}

// answer lets the registry or GitLab do what it is asked.
func (p *proxy) answer(w *httptest.ResponseRecorder, r *http.Request, c class) {
	switch {
	case c == askToken:
		p.guard.token(w, r)
	case strings.Contains(r.URL.Path, "/registry/repositories"):
		p.bridge.ServeHTTP(w, r)
	case c == startPipeline:
		p.history.started(w, r, p.gitlab)
	case c == otherOfGitLab:
		p.gitlab.ServeHTTP(w, r)
	default:
		who, ok := p.guard.admit(w, r, p.host())
		switch {
		case !ok:
		case c == putTag:
			p.tags.Lock()
			defer p.tags.Unlock()
			p.history.moved(w, r, who, p.registry)
		default:
			p.registry.ServeHTTP(w, r)
		}
	}
}

var (
	manifestPath = regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`)
	blobPath     = regexp.MustCompile(`^/v2/(.+)/blobs/(uploads/)?`)
)

func classify(r *http.Request) class {
	path := r.URL.Path
	manifest := manifestPath.FindStringSubmatch(path)
	isRead := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case path == tokenPath:
		return askToken
	case strings.HasSuffix(path, "/trigger/pipeline"):
		return startPipeline
	case strings.HasPrefix(path, "/api/"):
		return otherOfGitLab
	case manifest != nil && isRead:
		return readManifest
	case manifest != nil && r.Method == http.MethodDelete:
		return deleteTag
	case manifest != nil && strings.HasPrefix(manifest[2], "sha256:"):
		return putManifest
	case manifest != nil:
		return putTag
	case strings.HasSuffix(path, "/tags/list"):
		return listTags
	case blobPath.MatchString(path) && isRead:
		return readBlob
	case blobPath.MatchString(path):
		return uploadBlob
	default:
		return otherOfStorage
	}
}

// send sends an answer with another body, and the length that its head promises.
func send(w http.ResponseWriter, answer *httptest.ResponseRecorder, body []byte, length int) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	if answer.Header().Get("Content-Length") == "" || length > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body)
}

func (f *armedFault) String() string {
	target := "any request"
	if f.only != "" {
		target = string(f.only)
	}
	if f.isRecord {
		target += " of a record"
	}
	return fmt.Sprintf("%s at %s, after %d, %d times", f.name, target, f.skip, f.times)
}
