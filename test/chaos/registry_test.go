//go:build chaos

package chaos_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// startRegistry starts a Distribution for all runs and sets backend and storage.
func startRegistry() (stop func(), err error) {
	folder, err := os.MkdirTemp("", "chaos-registry-")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	*backend, *storage = listener.Addr().String(), filepath.Join(folder, "data")
	_ = listener.Close()
	config := filepath.Join(folder, "config.yml")
	content := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}\nhttp: {addr: %s}\n", *storage, *backend)
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		return nil, err
	}
	server := exec.Command("docker-registry", "serve", config)
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start docker-registry (Debian package docker-registry): %w", err)
	}
	stop = func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = os.RemoveAll(folder)
	}
	for range 100 {
		if response, err := http.Get("http://" + *backend + "/v2/"); err == nil {
			return stop, response.Body.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return nil, errors.New("docker-registry does not answer")
}

// at is a reference in the registry itself, past the proxy.
func at(repository, tagOrDigest string) name.Reference {
	separator := ":"
	if _, err := v1.NewHash(tagOrDigest); err == nil {
		separator = "@"
	}
	ref, err := name.ParseReference(*backend + "/" + repository + separator + tagOrDigest)
	if err != nil {
		panic(err) // the harness made it up
	}
	return ref
}

// digestOf returns the digest of the image that has the tag, and nothing if there is none. If the registry does not tell, it returns the
// error in place of a digest: an unanswered question must not look like a missing image.
func digestOf(repository, tag string) string {
	var problem error
	for range 20 {
		found, err := remote.Head(at(repository, tag))
		if err == nil {
			return found.Digest.String()
		}
		var answer *transport.Error
		if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
			return ""
		}
		problem = err
		time.Sleep(200 * time.Millisecond)
	}
	return fmt.Sprintf("unknown: %v", problem)
}

// pushOuter pushes a new image for two platforms under the tag that the project builds on.
func pushOuter(repository string) error {
	index := v1.ImageIndex(empty.Index)
	for _, arch := range []string{"amd64", "arm64"} {
		image, err := random.Image(200, 1)
		if err != nil {
			return err
		}
		config, err := image.ConfigFile()
		if err != nil {
			return err
		}
		config = config.DeepCopy()
		config.OS, config.Architecture = "linux", arch
		if image, err = mutate.ConfigFile(image, config); err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	return remote.WriteIndex(at(repository, "1"), index)
}

// forget deletes a tag and leaves the image, as GitLab does: Distribution has no request for that.
func forget(repository, tag string) error {
	if *storage == "" {
		return fmt.Errorf("the registry should have deleted %s:%s itself", repository, tag)
	}
	return os.RemoveAll(filepath.Join(*storage, "docker/registry/v2/repositories", repository, "_manifests/tags", tag))
}
