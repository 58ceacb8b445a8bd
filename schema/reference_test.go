package schema_test

import (
	"strings"
	"testing"

	distribution "github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"gitlab.com/stemma-ci/stemma/schema"
)

const someDigest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var longTag = strings.Repeat("x", schema.MaxTag)

func TestParseReference(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ explicit, repository, tag, digest string }{
		"debian":                             {explicit: "docker.io/library/debian:latest", repository: "debian"},
		"debian:trixie":                      {explicit: "docker.io/library/debian:trixie", repository: "debian", tag: "trixie"},
		"library/debian":                     {explicit: "docker.io/library/debian:latest", repository: "library/debian"},
		"docker.io/debian:1":                 {explicit: "docker.io/library/debian:1", repository: "docker.io/debian", tag: "1"},
		"index.docker.io/team/app:1":         {explicit: "docker.io/team/app:1", repository: "index.docker.io/team/app", tag: "1"},
		"a.b:5000":                           {explicit: "docker.io/library/a.b:5000", repository: "a.b", tag: "5000"},
		"registry:5000/a":                    {explicit: "registry:5000/a:latest", repository: "registry:5000/a"},
		"localhost/a__b/c---d/e.f_g:1.2_x":   {explicit: "localhost/a__b/c---d/e.f_g:1.2_x", repository: "localhost/a__b/c---d/e.f_g", tag: "1.2_x"},
		"Registry.Example.org/a":             {explicit: "Registry.Example.org/a:latest", repository: "Registry.Example.org/a"},
		"127.0.0.1:5000/a/b" + someDigest:    {explicit: "127.0.0.1:5000/a/b" + someDigest, repository: "127.0.0.1:5000/a/b", digest: someDigest[1:]},
		"registry.org/a:" + longTag:          {explicit: "registry.org/a:" + longTag, repository: "registry.org/a", tag: longTag},
		"registry.org/a:1.0-rc" + someDigest: {explicit: "registry.org/a" + someDigest, repository: "registry.org/a", tag: "1.0-rc", digest: someDigest[1:]},
	}
	for text, want := range tests {
		got, err := schema.ParseReference(text)
		if err != nil {
			t.Errorf("%q: got %v, want a reference", text, err)
			continue
		}
		for part, pair := range map[string][2]string{
			"text": {got.String(), text}, "explicit form": {got.Explicit().String(), want.explicit}, "repository": {got.Repository().String(), want.repository},
			"tag": {got.Tag().String(), want.tag}, "digest": {got.Digest().String(), want.digest},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%q: got the %s %q, want %q", text, part, pair[0], pair[1])
			}
		}
	}
}

func TestParseReferenceRejects(t *testing.T) {
	t.Parallel()
	const reference, tag, digest = "is not a reference: write registry/repository:tag", "is not a tag", "is not a digest: write sha256:"
	for text, want := range map[string]string{
		"": reference, "Debian": reference, "a/B": reference, "Team/app": reference, "a b": reference, "-a": reference, "a/-b": reference, "a-": reference,
		"a..b": reference, "a___b": reference, "a_-b": reference, "$A": reference, "a//b": reference, "a/": reference, "/a": reference, "http://a/b": reference,
		"${CI_REGISTRY_IMAGE}/a:1": reference, "a:b:c": reference, "my_host.org/a": reference, "-host.org/a": reference, "a..org/b": reference, "host.org:/a": reference,
		"host.org:x/a": reference, ".org/a": reference, "[::1]:5000/a": reference, strings.Repeat("a", 256): reference, strings.Repeat("a/", 256) + "a": reference,
		"a:": tag, "a:.b": tag, "a:-b": tag, "a:b c": tag, "a:" + longTag + "9": tag, "a:ä": tag,
		"a@": digest, "a@sha256:1": digest, "a@md5:00": digest, "a" + strings.ToUpper(someDigest): digest, "a" + someDigest + "0": digest, "a@sha512" + someDigest[7:]: digest,
		"a" + someDigest + someDigest: digest, "a@latest": digest,
	} {
		if got, err := schema.ParseReference(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v and the error %v, want an error with %q", text, got, err, want)
		}
	}
}

// Jobs pass references to go-containerregistry and to buildah, whose grammar is that of github.com/distribution/reference. All three agree
// about every text, but for the intended differences.
func FuzzReference(f *testing.F) {
	for _, seed := range []string{
		"docker.io/library/debian:trixie", "a@sha256:0", "Foo/bar", "a--b/c", "a._b", "localhost/x", "a/b:-", "[::1]/a", "a.b_c/d", "host:99999/a", "index.docker.io/a", "a" + someDigest,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ours, err := schema.ParseReference(text)
		theirs, theirErr := distribution.ParseNormalizedNamed(text)
		if (err == nil) != (theirErr == nil) && !isIntended(text) {
			t.Fatalf("%q: got %v, but distribution/reference says %v", text, err, theirErr)
		}
		if err != nil || theirErr != nil {
			return
		}
		if ours.String() != text {
			t.Errorf("got %q, want %q as it was written", ours, text)
		}
		explicit := ours.Explicit()
		if got, want := explicit.Repository().String(), theirs.Name(); got != want {
			t.Errorf("%q: got the repository %q, but distribution/reference says %q", text, got, want)
		}
		if again := explicit.Explicit(); again != explicit {
			t.Errorf("%q: got %v from its explicit form %v, want the same", text, again, explicit)
		}
		pulled, err := name.ParseReference(explicit.String())
		if err != nil {
			t.Fatalf("%q: go-containerregistry rejects %v: %v", text, explicit, err)
		}
		if got, want := strings.Replace(pulled.Name(), "index.docker.io/", "docker.io/", 1), explicit.String(); got != want {
			t.Errorf("%q: go-containerregistry reads %q, want %q", text, got, want)
		}
	})
}

// isIntended reports whether ours may judge a text in another way than github.com/distribution/reference.
func isIntended(text string) bool {
	first, _, _ := strings.Cut(text, "/")
	switch {
	case len(text) > 512, strings.Contains(text, "["): // long references and IPv6 addresses: ours rejects them
		return true
	case strings.Contains(text, "@") && !strings.Contains(text, "@sha256:"): // digests that are not SHA-256: ours rejects them
		return true
	case strings.ToLower(first) != first && !schema.NamesRegistry(text): // "Team/app": ours and go-containerregistry reject it
		return true
	case strings.Contains(first, "_") && schema.NamesRegistry(text): // "a.b_c/d": to distribution/reference it has no registry
		return true
	default: // 64 hex digits: ours takes them for a repository, Docker for an id; jobs always write the registry in front
		return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
	}
}

func TestParseRepository(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a": "docker.io/library/a", "registry.org/a/b": "registry.org/a/b", "host:5000/a": "host:5000/a", "team/app": "docker.io/team/app",
		"": "", "a:1": "", "registry.org/a:1": "", "registry.org/a" + someDigest: "", "registry.org/": "", "A/b": "", "registry.org/A": "",
	} {
		got, err := schema.ParseRepository(text)
		if want == "" {
			if err == nil {
				t.Errorf("%q: got the repository %v, want an error", text, got)
			}
			continue
		}
		if err != nil || got.Explicit().String() != want || got.String() != text {
			t.Errorf("%q: got %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestParseDigest(t *testing.T) {
	t.Parallel()
	text := someDigest[1:]
	got, err := schema.ParseDigest(text)
	if err != nil || got.String() != text || got.Hex() != text[len("sha256:"):] || got.IsZero() {
		t.Errorf("got %v, %v, want %s", got, err, text)
	}
	if none := (schema.Digest{}); !none.IsZero() || none.String() != "" {
		t.Errorf("got %q for no digest, want nothing", none)
	}
	for _, text := range []string{"", "sha256:", text[7:], text + "0", text[:70], strings.ToUpper(text), "sha512:" + text[7:], " " + text, "sha256:" + strings.Repeat("g", 64)} {
		if got, err := schema.ParseDigest(text); err == nil {
			t.Errorf("%q: got the digest %v, want an error", text, got)
		}
	}
}
