package oci

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// How often a registry may redirect a request, as net/http has it for its own clients, and how many pages a list may have. The library
// has no limit of either.
const (
	maxRedirects = 10
	maxPages     = 10_000
)

// endless ends what a registry could go on with for ever. It lives as long as one operation.
type endless struct{ pages atomic.Int32 }

// check fails for a request that is one too many.
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
