package oci_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// TestNothingTooLargeIsRead has a registry whose answers would fill the memory.
func TestNothingTooLargeIsRead(t *testing.T) {
	t.Parallel()
	manifest := func(size int64) string {
		return fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":%d,"digest":"sha256:%s"},"layers":[]}`, size, strings.Repeat("a", 64))
	}
	header := http.Header{"Content-Type": {"application/vnd.oci.image.manifest.v1+json"}}
	long := strings.Repeat(" ", 17<<20)
	tests := map[string]struct {
		fault ocitest.Fault
		// only are the operations that read it.
		only, want string
	}{
		"a configuration":                 {ocitest.Fault{Path: "/manifests/", Body: manifest(300 << 20), Header: header}, "look layers tag copy", "names a configuration of 314572800 bytes, but the limit is 4 MiB"},
		"a configuration of unknown size": {ocitest.Fault{Path: "/manifests/", Body: manifest(-1), Header: header}, "look layers tag copy", "names a configuration of -1 bytes"},
		"a manifest":                      {ocitest.Fault{Path: "/manifests/", Body: long, Header: header}, "look layers tag copy", "sent more than 4 MiB"},
		"a list of tags":                  {ocitest.Fault{Path: "/tags/list", Body: long}, "tags", "sent more than 16 MiB"},
	}
	for name, test := range tests {
		for _, operation := range strings.Fields(test.only) {
			t.Run(name+", "+operation, func(t *testing.T) {
				t.Parallel()
				test.fault.Method, test.fault.Status = http.MethodGet, http.StatusOK
				f := newFaulty(t, test.fault)
				err := operations[operation](t.Context(), f)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %.300v, want %s", err, test.want)
				}
				for _, request := range f.registry.Requests() {
					if strings.Contains(request, "/blobs/") {
						t.Errorf("it asked for a blob: %s", request)
					}
				}
			})
		}
	}
}
