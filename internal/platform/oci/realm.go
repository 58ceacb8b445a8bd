package oci

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// GitLab is the GitLab that a registry belongs to.
type GitLab struct {
	// Registry is the registry's host, as in CI_REGISTRY, and URL is GitLab's address, as in CI_SERVER_URL.
	Registry, URL string
}

// realm is the place that a registry names for tokens: its token service, which gets the credentials.
//
// go-containerregistry refuses one whose host is a private address, unless it is the registry's own address and port: a
// malicious registry could have it ask a server of the private network. A GitLab that is addressed by IP is such a place for
// its own registry. It is allowed, if it is the token service of exactly the GitLab that the registry belongs to; the job's
// credentials are GitLab's own. The library gets a disguised host to check, which nobody else can name.
type realm struct {
	gitlab GitLab
	// disguise is the host that replaces GitLab's.
	disguise string
}

// newRealm returns a realm with a disguise of its own. No host has such a name: https://www.rfc-editor.org/rfc/rfc6761#section-6.4.
func newRealm(gitlab GitLab) realm {
	return realm{gitlab, strings.ToLower(rand.Text()) + ".invalid"}
}

// tokenService is the path of GitLab's token service,
// https://docs.gitlab.com/administration/packages/container_registry/#use-an-external-container-registry-with-gitlab-as-an-auth-endpoint.
const tokenService = "/jwt/auth"

var realmParameter = pattern.Lazy(`(?i)\brealm="([^"]*)"`)

// check looks at the challenges of an answer. It disguises the token service of the registry's GitLab, and fails where
// another one at a private address is named.
func (r realm) check(request *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusUnauthorized {
		return nil
	}
	challenges := response.Header.Values("WWW-Authenticate")
	for i, challenge := range challenges {
		found := realmParameter().FindStringSubmatchIndex(challenge)
		if found == nil || !strings.HasPrefix(strings.ToLower(challenge), "bearer") {
			continue
		}
		place, err := url.Parse(challenge[found[2]:found[3]])
		if err != nil || !isPrivate(place) || place.Host == request.URL.Host {
			continue
		}
		if !r.isOwn(request, place) {
			return r.refuse(request, place)
		}
		place.Host = r.disguise
		challenges[i] = challenge[:found[2]] + place.String() + challenge[found[3]:]
	}
	return nil
}

// isPrivate reports whether an address is an IP address that is not public.
func isPrivate(place *url.URL) bool {
	ip, err := netip.ParseAddr(place.Hostname())
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}

// isOwn reports whether a place is the token service of the GitLab that the registry of a request belongs to.
func (r realm) isOwn(request *http.Request, place *url.URL) bool {
	if r.gitlab.Registry == "" || request.URL.Host != r.gitlab.Registry || place.User != nil {
		return false
	}
	own, err := url.Parse(r.gitlab.URL)
	return err == nil && place.Scheme == own.Scheme && place.Host == own.Host && place.Path == strings.TrimSuffix(own.Path, "/")+tokenService
}

// refuse says why a place gets no credentials, and what to do.
func (r realm) refuse(request *http.Request, place *url.URL) error {
	shown := place.Scheme + "://" + place.Host + place.Path
	problem := fmt.Sprintf("%s sends its clients to %s for a token, a private address that is not its own, and gets no credentials for it", request.URL.Host, shown)
	server, isToken := strings.CutSuffix(place.Path, tokenService)
	switch {
	case !isToken:
		return fmt.Errorf("%s: GitLab's token service ends with %s, so correct the realm in the configuration of the registry", problem, tokenService)
	case request.URL.Host == r.gitlab.Registry && r.gitlab.URL != "":
		return fmt.Errorf("%s: the address of GitLab in CI_SERVER_URL is %s; let the realm in the configuration of the registry be %s%s", problem, r.gitlab.URL, strings.TrimSuffix(r.gitlab.URL, "/"), tokenService)
	default:
		return fmt.Errorf("%s: if it is the registry of the GitLab at that address, set CI_REGISTRY=%s and CI_SERVER_URL=%s://%s%s", problem, request.URL.Host, place.Scheme, place.Host, server)
	}
}

// isDisguised reports whether a request goes to the disguised token service.
func (r realm) isDisguised(request *http.Request) bool { return request.URL.Host == r.disguise }

// reveal gives a request to the disguised token service its true address.
func (r realm) reveal(request *http.Request) {
	if own, err := url.Parse(r.gitlab.URL); err == nil {
		request.URL.Scheme, request.URL.Host, request.Host = own.Scheme, own.Host, own.Host
	}
}
