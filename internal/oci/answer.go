package oci

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/network"
)

// maxWhole is how long an answer may be, in bytes, to be read at once: configurations are shorter, and most layers longer.
// maxManifest is the same for manifests and lists, whose length may not be known.
const (
	maxWhole    = 1 << 20
	maxManifest = 100 << 20
)

var (
	manifestPath = regexp.MustCompile(`/manifests/(?:(sha256:[0-9a-f]{64})$)?`)
	blobPath     = regexp.MustCompile(`/blobs/(sha256:[0-9a-f]{64})$`)
)

// whole reads an answer to its end, unless it may be a layer, so that one which ends early is asked for again. It fails where
// the answer is not what its digest says.
func whole(request *http.Request, response *http.Response) error {
	if request.Method == http.MethodHead {
		return checkNamed(request, response)
	}
	isShort := response.ContentLength >= 0 && response.ContentLength <= maxWhole
	if !isShort && !isManifest(request) && !strings.HasSuffix(request.URL.Path, "/tags/list") {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxManifest))
	if closed := response.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if response.StatusCode != http.StatusOK || request.Method != http.MethodGet {
		return nil
	}
	return checkDigest(request, body, promised(request, response))
}

func isManifest(request *http.Request) bool { return manifestPath.MatchString(request.URL.Path) }

// promised is the digest that an answer should have: that of the request, or else the one that the registry names. It is empty
// where there is none, and for manifests that are signed inside, whose digest leaves the signature out.
func promised(request *http.Request, response *http.Response) string {
	if blob := blobPath.FindStringSubmatch(request.URL.Path); blob != nil {
		return blob[1]
	}
	manifest := manifestPath.FindStringSubmatch(request.URL.Path)
	if manifest == nil || response.Header.Get("Content-Type") == string(types.DockerManifestSchema1Signed) {
		return ""
	}
	if manifest[1] != "" {
		return manifest[1]
	}
	named, err := v1.NewHash(response.Header.Get("Docker-Content-Digest"))
	if err != nil || named.Algorithm != "sha256" {
		return ""
	}
	return named.String()
}

// checkNamed compares the digest that a registry names for a manifest with the one that was asked for.
func checkNamed(request *http.Request, response *http.Response) error {
	asked := manifestPath.FindStringSubmatch(request.URL.Path)
	named := response.Header.Get("Docker-Content-Digest")
	if response.StatusCode == http.StatusOK && asked != nil && asked[1] != "" && named != "" && named != asked[1] {
		return wrongDigest(request, asked[1], named)
	}
	return nil
}

// checkDigest compares content with the digest that it should have, if it is known.
func checkDigest(request *http.Request, body []byte, want string) error {
	if want == "" {
		return nil
	}
	got, _, err := v1.SHA256(bytes.NewReader(body))
	if err != nil {
		return err
	}
	if got.String() != want {
		return wrongDigest(request, want, got.String())
	}
	return nil
}

func wrongDigest(request *http.Request, want, got string) error {
	return &network.Failure{
		Kind: network.WrongDigest, Host: request.URL.Host,
		Err: fmt.Errorf("it should be %s and is %s; the registry, or a proxy in front of it, is damaged", want, got),
	}
}
