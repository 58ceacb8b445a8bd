// Command fakebuildah replaces buildah in the tests of commands. It pulls for real, adds a layer to whatever it builds, and runs snippets
// on the machine, with the folders that are mounted at their places there. Its containers are files in FAKE_BUILDAH that hold the
// reference of their image. Each name of the storage is a file, too.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func main() {
	status, err := do(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "fake buildah:", err)
		status = 125
	}
	os.Exit(status)
}

func do(args []string) (status int, err error) {
	storage := os.Getenv("FAKE_BUILDAH")
	last := args[len(args)-1]
	switch args[0] {
	case "info", "config", "umount", "unshare":
	case "build": // of a Containerfile that begins from nothing
		return 0, os.WriteFile(args[slices.Index(args, "--iidfile")+1], []byte(scratchImage), 0o600)
	case "push":
		return 0, writeLayered(empty.Image, strings.TrimPrefix(last, "dir:"))
	case "from", "pull":
		if last == scratchImage {
			fmt.Println("of-" + scratchImage)
			return 0, nil
		}
		if folder, isFolder := strings.CutPrefix(last, "dir:"); isFolder {
			return 0, load(storage, folder)
		}
		if _, err := os.Stat(nameFile(storage, last)); err == nil {
			fmt.Println("container-of-" + last)
			return 0, os.WriteFile(filepath.Join(storage, "container-of-"+last), nil, 0o600)
		}
		reference := strings.TrimPrefix(last, "docker://")
		if _, err := pulled(reference); err != nil {
			return 0, err
		}
		file, err := os.CreateTemp(storage, "container-")
		if err != nil {
			return 0, err
		}
		fmt.Println(filepath.Base(file.Name()))
		_, err = file.WriteString(reference)
		return 0, err
	case "containers": // of others: none
		fmt.Println("null")
	case "mount":
		fmt.Println(storage)
	case "run":
		return runIn(args)
	case "commit":
		return 0, commit(filepath.Join(storage, args[len(args)-2]), strings.TrimPrefix(last, "dir:"))
	case "rm":
		return 0, os.Remove(filepath.Join(storage, last))
	case "tag":
		return 0, os.WriteFile(nameFile(storage, last), nil, 0o600)
	case "rmi":
		return 0, os.Remove(nameFile(storage, last))
	case "images":
		return 0, listNames(storage)
	default:
		return 0, fmt.Errorf("unknown command %v", args)
	}
	return 0, nil
}

// scratchImage is the id of an image without a parent.
const scratchImage = "scratch"

// nameFile is the file of a name in the storage.
func nameFile(storage, name string) string {
	return filepath.Join(storage, "name-"+strings.ReplaceAll(name, "/", "|"))
}

// load takes an image from a folder: its id, the digest of its configuration, is a name.
func load(storage, folder string) error {
	content, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		return err
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(content))
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, manifest.Config.Digest.Hex)); err != nil {
		return err
	}
	fmt.Println(manifest.Config.Digest.Hex)
	return os.WriteFile(nameFile(storage, manifest.Config.Digest.Hex), nil, 0o600)
}

// listNames lists them as buildah does, with an image that has none.
func listNames(storage string) error {
	type image struct {
		Names []string `json:"names"`
	}
	images := []image{{Names: nil}}
	files, err := filepath.Glob(filepath.Join(storage, "name-*"))
	for _, file := range files {
		name := strings.ReplaceAll(strings.TrimPrefix(filepath.Base(file), "name-"), "|", "/")
		images = append(images, image{Names: []string{name}})
	}
	return errors.Join(err, json.NewEncoder(os.Stdout).Encode(images))
}

// runIn runs the command after "--".
func runIn(args []string) (int, error) {
	at := slices.Index(args, "--")
	command := slices.Clone(args[at+1:])
	for i, arg := range args[:at] {
		if arg != "--volume" {
			continue
		}
		outside, inside, _ := strings.Cut(args[i+1], ":")
		for j := range command {
			command[j] = strings.ReplaceAll(command[j], inside, outside)
		}
	}
	process := exec.Command(command[0], command[1:]...) //nolint:gosec // it is the command of a test
	process.Stdin, process.Stdout, process.Stderr = os.Stdin, os.Stdout, os.Stderr
	process.Dir = os.TempDir()
	err := process.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode(), nil
	}
	return 0, err
}

// pulled is an image of a registry, which may ask for the credentials of the file that buildah would read.
func pulled(reference string) (v1.Image, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(os.Getenv("REGISTRY_AUTH_FILE"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Auths map[string]authn.AuthConfig `json:"auths"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, err
	}
	return remote.Image(ref, remote.WithAuth(authn.FromConfig(file.Auths[ref.Context().RegistryStr()])))
}

// commit writes the image of a container, with one layer more, in the layout of "dir:".
func commit(container, folder string) error {
	reference, err := os.ReadFile(container)
	if err != nil {
		return err
	}
	image, err := pulled(string(reference))
	if err != nil {
		return err
	}
	return writeLayered(image, folder)
}

// writeLayered writes an image with one layer more.
func writeLayered(image v1.Image, folder string) error {
	layer, err := random.Layer(256, "application/vnd.docker.image.rootfs.diff.tar.gzip")
	if err == nil {
		image, err = mutate.AppendLayers(image, layer)
	}
	if err != nil {
		return err
	}
	return writeDir(image, folder)
}

func writeDir(image v1.Image, folder string) error {
	config, err := image.RawConfigFile()
	if err != nil {
		return err
	}
	hash, err := image.ConfigName()
	if err != nil {
		return err
	}
	files := map[string][]byte{hash.Hex: config}
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: "application/vnd.docker.distribution.manifest.v2+json", Config: v1.Descriptor{Digest: hash, Size: int64(len(config))}}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	for _, layer := range layers {
		id, err := layer.DiffID()
		if err != nil {
			return err
		}
		reader, err := layer.Uncompressed()
		if err != nil {
			return err
		}
		var content bytes.Buffer
		if _, err := content.ReadFrom(reader); err != nil {
			return err
		}
		files[id.Hex] = content.Bytes()
		manifest.Layers = append(manifest.Layers, v1.Descriptor{Digest: id, Size: int64(content.Len())})
	}
	if files["manifest.json"], err = json.Marshal(manifest); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(folder, file), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
