package oci

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// maxWhole is the length, in bytes, up to which an answer is read at once: most configurations are shorter, and most layers longer.
const maxWhole = 1 << 20

// The most bytes of an answer that are read into memory. buildah and podman have the same limits for manifests and configurations:
// https://github.com/containers/image/blob/main/internal/iolimits/iolimits.go.
const (
	maxManifest = 4 << 20
	maxConfig   = 4 << 20
	maxList     = 16 << 20
)

var (
	manifestPath = pattern.Lazy(`/manifests/(?:(sha256:[0-9a-f]{64})$)?`)
	blobPath     = pattern.Lazy(`/blobs/(sha256:[0-9a-f]{64})$`)
)

// whole reads an answer completely, unless it may be a layer, so that an answer that ends early is requested again. It fails if the content
// does not match its digest.
func whole(request *http.Request, response *http.Response) error {
	if request.Method == http.MethodHead {
		return checkNamed(request, response)
	}
	isShort := response.ContentLength >= 0 && response.ContentLength <= maxWhole
	if !isShort && !isManifest(request) && !strings.HasSuffix(request.URL.Path, "/tags/list") {
		return nil
	}
	most := int64(maxList)
	if isManifest(request) {
		most = maxManifest
	}
	body, err := buffer(response, most+1)
	if err != nil {
		return err
	}
	if int64(len(body)) > most {
		return fmt.Errorf("%s sent more than %d MiB, which is the limit for a manifest or a list of tags", request.URL.Host, most>>20)
	}
	if response.StatusCode != http.StatusOK || request.Method != http.MethodGet {
		return nil
	}
	if err := checkDigest(request, body, promised(request, response)); err != nil {
		return err
	}
	return checkConfig(request, body)
}

// buffer reads up to a number of bytes of an answer, and closes it. They can be read again.
func buffer(response *http.Response, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err = cmp.Or(err, response.Body.Close()); err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// success is an answer that no server sent.
func success(request *http.Request, body []byte) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: request,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// checkConfig fails for a manifest whose configuration is too large to be read into memory.
func checkConfig(request *http.Request, body []byte) error {
	var manifest struct {
		Config struct {
			Size int64 `json:"size"`
		} `json:"config"`
	}
	if !isManifest(request) || json.Unmarshal(body, &manifest) != nil {
		return nil // whoever asked for it says what is wrong with it
	}
	if size := manifest.Config.Size; size < 0 || size > maxConfig {
		return fmt.Errorf("its manifest names a configuration of %d bytes, but the limit is %d MiB", size, maxConfig>>20)
	}
	return nil
}

func isManifest(request *http.Request) bool { return manifestPath().MatchString(request.URL.Path) }

// promised is the digest that an answer should have: that of the request, or else the one that the registry names. It is empty if there is
// none, and for manifests with a signature inside, whose digest does not include the signature.
func promised(request *http.Request, response *http.Response) string {
	if blob := blobPath().FindStringSubmatch(request.URL.Path); blob != nil {
		return blob[1]
	}
	manifest := manifestPath().FindStringSubmatch(request.URL.Path)
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

// checkNamed compares the digest that a registry names for a manifest with the requested one.
func checkNamed(request *http.Request, response *http.Response) error {
	asked := manifestPath().FindStringSubmatch(request.URL.Path)
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
