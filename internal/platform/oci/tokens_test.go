package oci

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTokensAreShared has the answer of a token service, a second request, and whether that is answered without the service.
func TestTokensAreShared(t *testing.T) {
	t.Parallel()
	const address = "https://gitlab.example.org/jwt/auth?service=s&scope=repository:a:pull"
	asking := func(address, credentials string) *http.Request {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		request.Header.Set("Authorization", credentials)
		return request
	}
	tests := map[string]struct {
		answer  string
		second  *http.Request
		forgets bool
		want    bool
	}{
		"the same":          {answer: `{"token":"t","expires_in":300}`, second: asking(address, "Basic YQ=="), want: true},
		"no life":           {answer: `{"token":"t"}`, second: asking(address, "Basic YQ=="), want: true},
		"no JSON":           {answer: "<html>", second: asking(address, "Basic YQ==")},
		"another scope":     {answer: `{"token":"t"}`, second: asking(address+",push", "Basic YQ==")},
		"other credentials": {answer: `{"token":"t"}`, second: asking(address, "Basic Yg==")},
		"a refused token":   {answer: `{"token":"t"}`, second: asking(address, "Basic YQ=="), forgets: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var shared tokens
			response := &http.Response{Body: io.NopCloser(strings.NewReader(test.answer))}
			if err := shared.keep(asking(address, "Basic YQ=="), response); err != nil {
				t.Fatal(err)
			}
			if body, _ := io.ReadAll(response.Body); string(body) != test.answer {
				t.Errorf("the first request gets %q, want %q", body, test.answer)
			}
			if test.forgets {
				shared.forget()
			}
			known := shared.answer(test.second)
			if (known != nil) != test.want {
				t.Fatalf("the second request is answered: %t, want %t", known != nil, test.want)
			}
			if known == nil {
				return
			}
			if body, err := io.ReadAll(known.Body); err != nil || string(body) != test.answer {
				t.Errorf("the second request gets %q, %v, want %q", body, err, test.answer)
			}
		})
	}
}

func TestATokenIsNotKeptTooLong(t *testing.T) {
	t.Parallel()
	var shared tokens
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://a.example/auth?scope=x", nil)
	response := &http.Response{Body: io.NopCloser(strings.NewReader(`{"token":"t","expires_in":-1}`))}
	if err := shared.keep(request, response); err != nil {
		t.Fatal(err)
	}
	for key, answer := range shared.known {
		answer.ends = answer.ends.Add(-defaultLife)
		shared.known[key] = answer
	}
	if shared.answer(request) != nil {
		t.Error("an old token is used")
	}
}
