package oci

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// The limits of redirects per request, which is that of net/http's own clients, and of pages per list. The library has neither limit.
const (
	maxRedirects = 10
	maxPages     = 10_000
)

// endless ends redirects and lists that a registry could continue forever. Each operation has its own.
type endless struct{ pages atomic.Int32 }

// check fails for a request above a limit.
func (e *endless) check(request *http.Request) error {
	redirects := 0
	for r := request; r != nil && r.Response != nil; r = r.Response.Request {
		redirects++
	}
	if redirects > maxRedirects {
		return fmt.Errorf("%s redirects more than %d times", request.URL.Host, maxRedirects)
	}
	if strings.HasSuffix(request.URL.Path, "/tags/list") && e.pages.Add(1) > maxPages {
		return fmt.Errorf("the list of tags that %s sends has more than %d pages", request.URL.Host, maxPages)
	}
	return nil
}
