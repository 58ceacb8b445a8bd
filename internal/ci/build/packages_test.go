package build_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// status is the status file of dpkg with packages "NAME VERSION".
func status(packages ...string) string {
	var b strings.Builder
	for _, p := range packages {
		name, version, _ := strings.Cut(p, " ")
		fmt.Fprintf(&b, "Package: %s\nVersion: %s\nArchitecture: amd64\nStatus: install ok installed\n\n", name, version)
	}
	return b.String()
}

// numbered are packages with a version.
func numbered(n int, version string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("p%02d %s", i, version))
	}
	return status(all...)
}

// rows are the rows of the summary about packages.
func rows(log string) string {
	log = regexp.MustCompile(`sha256:[0-9a-f]{64}`).ReplaceAllString(log, "DIGEST")
	_, rest, _ := strings.Cut(log, "  size ")
	_, rest, _ = strings.Cut(rest, "\n")
	rest, _, _ = strings.Cut(rest, "  try it ")
	return rest
}

func TestPackagesThatChangedAreInTheSummary(t *testing.T) {
	t.Parallel()
	const compare = "  changes  stemma packages REGISTRY/group/project/rust@DIGEST REGISTRY/group/project/rust@DIGEST\n"
	tests := map[string]struct{ before, after, want string }{
		"some": {
			status("gcc 12", "openssl 3.0.1", "zlib 1.3"), status("cargo 1.70", "openssl 3.0.2", "zlib 1.3"),
			"  packages 1 added, 1 removed, 1 upgraded\n           + cargo 1.70\n           - gcc 12\n           openssl 3.0.1 → 3.0.2\n" + compare,
		},
		"as many as are shown": {
			numbered(10, "1"), status("p00 2"),
			"  packages 9 removed, 1 upgraded\n           - p01 1\n           - p02 1\n           - p03 1\n           - p04 1\n           - p05 1\n           - p06 1\n           - p07 1\n           - p08 1\n           - p09 1\n           p00 1 → 2\n" + compare,
		},
		"more": {
			numbered(12, "1"), numbered(13, "2"),
			"  packages 1 added, 12 upgraded\n           + p12 2\n           p00 1 → 2\n           p01 1 → 2\n           p02 1 → 2\n           p03 1 → 2\n           p04 1 → 2\n           p05 1 → 2\n           p06 1 → 2\n           p07 1 → 2\n           p08 1 → 2\n           and 3 more\n" + compare,
		},
		"none":                 {status("a 1"), status("a 1"), "  packages as in the image before\n"},
		"no database":          {"", "", "  packages as in the image before\n"},
		"a damaged one":        {status("a 1"), "Version: 1\n", "  packages not listed: /var/lib/dpkg/status: it is damaged: a paragraph has no field Package\n" + compare},
		"an odd name":          {status("a 1"), status("a\u202eb 1"), "  packages not listed: no package has the name \"a\\u202eb\" and the version \"1\"\n" + compare},
		"a damaged one before": {"Version: 1\n", status("a 1"), compare},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Builder.Packages = test.before
			jobtest.Check(t, s.Build())
			s.Vars[schema.VarForceRebuild], s.Vars["CI_PIPELINE_ID"] = "1", "8"
			s.Builder.Packages = test.after
			s.Log.Reset()
			jobtest.Check(t, s.Build())
			if diff := cmp.Diff(test.want, strings.ReplaceAll(rows(s.Log.String()), s.Registry.Host, "REGISTRY")); diff != "" {
				t.Errorf("(-want +got)\n%s\nlog:\n%s", diff, s.Log.String())
			}
		})
	}
}

// An image of another program, or one that was built long ago, has no list. One that others wrote may be anything.
func TestAnImageBeforeWithoutAList(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]string{"no list": "", "no list of packages": "H4sIAAAAAAAA"} {
		s := jobtest.New(t)
		s.Builder.Packages = status("a 1")
		digest := s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made(""))
		if record != "" {
			annotated := mutate.Annotations(s.Builder.Images[digest], map[string]string{schema.AnnotationPackages: record}).(v1.Image)
			s.PushImage(jobtest.Own+":"+jobtest.ContentTag, annotated)
		}
		s.Vars[schema.VarForceRebuild] = "1"
		s.Log.Reset()
		jobtest.Check(t, s.Build())
		if got := rows(s.Log.String()); !strings.HasPrefix(got, "  changes  stemma packages ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// The list is read with the requests that the job sends anyway, and without any layer of the image before.
func TestAListCostsNoRequests(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	released(s)
	s.Registry.Requests()
	jobtest.Check(t, s.Build())
	requests := s.Registry.Requests()
	before := strings.TrimPrefix(s.Digest(jobtest.Own+":latest"), "sha256:")
	if n := jobtest.CountOf(requests, "/manifests/sha256:"+before); n != 1 {
		t.Errorf("the manifest of the image before was read %d times:\n%s", n, strings.Join(requests, "\n"))
	}
	image, err := remote.Image(jobtest.Must(name.ParseReference(s.Registry.Host + "/" + jobtest.Own + ":latest")))
	jobtest.Check(t, err)
	layers, err := image.Layers()
	jobtest.Check(t, err)
	for _, layer := range layers {
		hash, err := layer.Digest()
		jobtest.Check(t, err)
		if n := jobtest.CountOf(requests, "GET /v2/"+jobtest.Own+"/blobs/"+hash.String()); n != 0 {
			t.Errorf("a layer of the image before was read %d times", n)
		}
	}
}

// A registry may refuse fields that Docker's manifests do not have, or long manifests.
func TestAListIsLeftOutWhereTheRegistryRefusesIt(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Builder.Packages = status("a 1")
	s.Registry.Break(ocitest.Fault{Method: "PUT", Path: "/manifests/sha256:", Times: 1, Status: 400, Lost: true})
	jobtest.Check(t, s.Build())
	image, err := remote.Image(jobtest.Must(name.ParseReference(s.Registry.Host + "/" + jobtest.Own + ":" + jobtest.ContentTag)))
	jobtest.Check(t, err)
	manifest, err := image.Manifest()
	if err != nil || len(manifest.Annotations) > 0 {
		t.Errorf("%v, %v", manifest.Annotations, err)
	}
}
