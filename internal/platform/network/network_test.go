package network_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
)

// short are limits that a test can wait for.
func short() network.Limits {
	return network.Limits{Connect: 300 * time.Millisecond, Answer: 300 * time.Millisecond, Upload: 600 * time.Millisecond, Stall: 300 * time.Millisecond}
}

// serve starts a server that fails in some way where its true answer has a body of some size.
func serve(t *testing.T, size int, how networktest.Misbehavior) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		answer := httptest.NewRecorder()
		answer.Body.Write(make([]byte, size))
		how(w, request, answer)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// exchange sends a request with a body of some size and reads the whole answer.
func exchange(ctx context.Context, address string, size int) (int, error) {
	method := http.MethodGet
	if size > 0 {
		method = http.MethodPatch
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(make([]byte, size)))
	if err != nil {
		return 0, err
	}
	response, err := network.Limit(network.New(short()), short()).RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return len(body), err
}

func TestEveryWaitHasALimit(t *testing.T) {
	t.Parallel()
	const small, large = 2000, 64 << 20
	tests := map[string]struct {
		how      networktest.Misbehavior
		upload   int
		isUpload bool
		want     network.Kind
		says     string
	}{
		"a server that never answers":                  {networktest.Hang, 0, false, network.NoAnswer, "accepted the request and did not answer within 300ms: try again later, or set answer in STEMMA_TIMEOUTS to more"},
		"a server that never answers a small upload":   {networktest.Hang, small, false, network.NoAnswer, "did not answer within 300ms"},
		"a server that never confirms an upload":       {networktest.Hang, large, true, network.NoConfirmation, "took the upload and did not confirm it within 600ms: set upload in STEMMA_TIMEOUTS to more"},
		"a server that sends one byte at a time":       {networktest.Drip(10 * time.Millisecond), 0, false, network.SlowAnswer, "sent fewer than 307 bytes in 300ms"},
		"a server that stops in the middle":            {networktest.Stop, 0, false, network.SlowAnswer, "sent fewer than 307 bytes in 300ms"},
		"a server that stops reading":                  {networktest.StopReading, large, true, network.SlowUpload, "took fewer than 307 bytes in 300ms"},
		"a server that resets the connection":          {networktest.Reset, 0, false, network.Broken, "ended the connection before its answer was complete"},
		"a server that resets an upload":               {networktest.Reset, large, true, network.Broken, "ended the connection before its answer was complete"},
		"a server that ends in the middle of the body": {networktest.Cut, 0, false, network.Broken, "unexpected EOF"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if test.isUpload {
				ctx = network.ForUpload(ctx)
			}
			address := serve(t, small, test.how)
			begun := time.Now()
			_, err := exchange(ctx, address, test.upload)
			var failure *network.Failure
			if !errors.As(err, &failure) || failure.Kind != test.want || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("got %v, want %q", err, test.says)
			}
			if host := strings.TrimPrefix(address, "http://"); !strings.Contains(err.Error(), host) {
				t.Errorf("%q does not name %s", err, host)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// The limits hold over HTTP/2 too, where many requests share a connection.
func TestEveryWaitHasALimitOverHTTP2(t *testing.T) {
	t.Parallel()
	const large = 8 << 20
	tests := map[string]struct {
		how    networktest.Misbehavior
		upload int
		want   network.Kind
	}{
		"a server that never answers":            {networktest.Hang, 0, network.NoAnswer},
		"a server that sends one byte at a time": {networktest.Drip(10 * time.Millisecond), 0, network.SlowAnswer},
		"a server that stops in the middle":      {networktest.Stop, 0, network.SlowAnswer},
		"a server that never confirms an upload": {networktest.Hang, large, network.NoConfirmation},
		"a server that stops reading": {func(_ http.ResponseWriter, request *http.Request, _ *httptest.ResponseRecorder) {
			<-request.Context().Done()
		}, large, network.SlowUpload},
		"a server that ends the stream": {networktest.Cut, 0, network.Broken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				answer := httptest.NewRecorder()
				answer.Body.Write(make([]byte, 2000))
				test.how(w, request, answer)
			}))
			server.EnableHTTP2 = true
			server.StartTLS()
			t.Cleanup(func() {
				server.CloseClientConnections()
				server.Close()
			})
			transport := network.New(short())
			transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
			method := http.MethodGet
			if test.upload > 0 {
				method = http.MethodPatch
			}
			request, err := http.NewRequestWithContext(network.ForUpload(t.Context()), method, server.URL, bytes.NewReader(make([]byte, test.upload)))
			if err != nil {
				t.Fatal(err)
			}
			if test.upload == 0 {
				request = request.WithContext(t.Context())
			}
			response, err := network.Limit(transport, short()).RoundTrip(request)
			if err == nil {
				if response.ProtoMajor != 2 {
					t.Errorf("it is %s", response.Proto)
				}
				_, err = io.ReadAll(response.Body)
				_ = response.Body.Close()
			}
			var failure *network.Failure
			if !errors.As(err, &failure) || failure.Kind != test.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestConnectionsHaveALimit(t *testing.T) {
	t.Parallel()
	silent, _ := networktest.Silent(t)
	_, err := exchange(t.Context(), "https://"+silent, 0)
	var failure *network.Failure
	if !errors.As(err, &failure) || failure.Kind != network.NoConnection || !failure.IsUnsent() || !strings.Contains(err.Error(), silent+" did not accept a connection within 300ms: check the address") {
		t.Errorf("a server without a TLS handshake: %v", err)
	}
	_, err = exchange(t.Context(), "http://127.0.0.1:1", 0)
	if !errors.As(err, &failure) || failure.Kind != network.Unreachable || failure.IsTimeout() || !strings.Contains(err.Error(), "cannot connect to 127.0.0.1:1") {
		t.Errorf("a server that is not there: %v", err)
	}
}

// A transfer may take longer than every limit, if only it goes on.
func TestSlowTransfersThatGoOnAreNotEnded(t *testing.T) {
	t.Parallel()
	const pieces, size = 16, 4000
	pause := 50 * time.Millisecond
	answers := serve(t, pieces*size, func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
		for range pieces {
			_, _ = w.Write(answer.Body.Next(size))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(pause)
		}
	})
	if n, err := exchange(t.Context(), answers, 0); err != nil || n != pieces*size {
		t.Errorf("an answer of %d bytes: %v", n, err)
	}
	const large = 64 << 20
	uploads := serve(t, 2, func(w http.ResponseWriter, request *http.Request, _ *httptest.ResponseRecorder) {
		n := 0
		for piece := make([]byte, large/16); n < large; time.Sleep(pause) {
			read, err := io.ReadFull(request.Body, piece)
			if n += read; err != nil {
				break
			}
		}
		if n == large {
			_, _ = io.WriteString(w, "ok")
		}
	})
	if n, err := exchange(t.Context(), uploads, large); err != nil || n != 2 {
		t.Errorf("an upload: %d, %v", n, err)
	}
}

// Who reads slowly, or has little to send, is not the network.
func TestSlowCallersAreNotTheNetwork(t *testing.T) {
	t.Parallel()
	address := serve(t, 1<<20, func(w http.ResponseWriter, request *http.Request, answer *httptest.ResponseRecorder) {
		_, _ = io.Copy(io.Discard, request.Body)
		_, _ = w.Write(answer.Body.Bytes())
	})
	reader, writer := io.Pipe()
	go func() {
		for range 8 {
			time.Sleep(100 * time.Millisecond)
			_, _ = writer.Write([]byte("x"))
		}
		_ = writer.Close()
	}()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, address, reader)
	if err != nil {
		t.Fatal(err)
	}
	response, err := network.Limit(network.New(short()), short()).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	n := 0
	for piece := make([]byte, 1<<18); err == nil; time.Sleep(200 * time.Millisecond) {
		var read int
		read, err = io.ReadFull(response.Body, piece)
		n += read
	}
	if n != 1<<20 {
		t.Errorf("%d bytes came: %v", n, err)
	}
}

func TestTheCallerEndsARequest(t *testing.T) {
	t.Parallel()
	address := serve(t, 1, networktest.Hang)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var failure *network.Failure
	if _, err := exchange(ctx, address, 0); !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &failure) {
		t.Errorf("got %v", err)
	}
}

// An upload that cannot read its own source is no fault of the server's.
func TestTheSourceOfAnUploadFails(t *testing.T) {
	t.Parallel()
	address := serve(t, 1, networktest.Hang)
	broken := errors.New("the disk is gone")
	reader, writer := io.Pipe()
	_ = writer.CloseWithError(broken)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, address, reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = network.Limit(network.New(short()), short()).RoundTrip(request)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	defaults := network.Defaults()
	changed := defaults
	changed.Upload, changed.Stall = 30*time.Minute, 90*time.Second
	for text, want := range map[string]network.Limits{"": defaults, " ": defaults, "upload=30m stall=90s": changed, "upload=30m,\nstall=1m30s": changed} {
		if got, err := network.ParseLimits(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"uploads=30m": `STEMMA_TIMEOUTS has "uploads=30m": write connect, answer, upload or stall`, "30m": "write connect",
		"upload": "greater than zero, such as upload=90s", "stall=-1s": "greater than zero", "answer=0s": "greater than zero", "connect=5": "greater than zero",
	} {
		if _, err := network.ParseLimits(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func FuzzParseLimits(f *testing.F) {
	f.Add("connect=1s answer=2m,upload=30m\nstall=5s")
	f.Fuzz(func(t *testing.T, text string) {
		limits, err := network.ParseLimits(text)
		if err == nil && min(limits.Connect, limits.Answer, limits.Upload, limits.Stall) <= 0 {
			t.Errorf("%q is read as %v", text, limits)
		}
	})
}

func TestRetries(t *testing.T) {
	t.Parallel()
	retries := network.Retries{Most: 4, Pause: time.Millisecond, Patience: 100 * time.Millisecond}
	again, timeout := network.Outcome{Again: true}, network.Outcome{Again: true, IsTimeout: true}
	for name, test := range map[string]struct {
		outcomes []network.Outcome
		want     int
	}{
		"a success":                  {[]network.Outcome{{}}, 1},
		"a failure that passes":      {[]network.Outcome{again, again, {}}, 3},
		"a failure that stays":       {[]network.Outcome{again, again, again, again, again}, 4},
		"a limit is tried once more": {[]network.Outcome{timeout, timeout, timeout}, 2},
		"a wait that is too long":    {[]network.Outcome{{Again: true, Wait: time.Hour}}, 1},
	} {
		done := 0
		tries, err := retries.Run(t.Context(), func() network.Outcome { done++; return test.outcomes[done-1] })
		if err != nil || tries != test.want || done != test.want {
			t.Errorf("%s: %d tries, %v", name, tries, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	long := network.Retries{Pause: time.Hour, Patience: 2 * time.Hour}
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := long.Run(ctx, func() network.Outcome { return again }); !errors.Is(err, context.Canceled) {
		t.Errorf("a pause that is cancelled ends with %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	for text, want := range map[string]time.Duration{"": 0, "30": 30 * time.Second, "-1": 0, "soon": 0, "99999999999999": 0, "Mon, 02 Jan 2006 15:04:05 GMT": 0} {
		if got := network.RetryAfter(http.Header{"Retry-After": {text}}); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
	if got := network.RetryAfter(http.Header{"Retry-After": {soon}}); got < 85*time.Second || got > 90*time.Second {
		t.Errorf("%q: %s", soon, got)
	}
}
