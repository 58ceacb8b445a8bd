package packages

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gcr "github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// BenchmarkList lists the packages of images of 500 MB, compressed with gzip, from a registry in this process. The files are those that a
// layer with installed packages has, which are in /usr, or those of Go, which have more text.
func BenchmarkList(b *testing.B) {
	const size = 500_000_000
	root, err := exec.CommandContext(b.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	for name, folders := range map[string][]string{"usr": {"/usr/bin", "/usr/lib", "/usr/share"}, "go": {strings.TrimSpace(string(root))}} {
		part := part(b, folders)
		for _, layers := range []int{1, 5} {
			b.Run(name+"/"+strconv.Itoa(layers)+" layers", func(b *testing.B) {
				reference := push(b, part, layers, size/layers/len(part))
				client, err := oci.NewClient(oci.Config{})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(size)
				begun := processorTime(b)
				for b.Loop() {
					listing, err := NewReader(client).List(b.Context(), reference, "")
					if err != nil || len(listing.Databases) != 1 {
						b.Fatal(listing, err)
					}
				}
				b.ReportMetric((processorTime(b)-begun).Seconds()/float64(b.N), "cpu-s/op")
			})
		}
	}
}

var built = flag.String("built", "", "folders that `buildah push --disable-compression IMAGE dir:FOLDER` wrote, separated by commas, for BenchmarkListBuilt")

// BenchmarkListBuilt lists the packages of images that were just built, and makes the record.
func BenchmarkListBuilt(b *testing.B) {
	client, err := oci.NewClient(oci.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for folder := range strings.SplitSeq(*built, ",") {
		b.Run(filepath.Base(folder), func(b *testing.B) {
			image, err := client.Assemble(b.Context(), oci.Assembly{Folder: folder})
			if err != nil {
				b.Fatal(err)
			}
			begun := processorTime(b)
			for b.Loop() {
				listing, err := ListBuilt(b.Context(), image)
				if err != nil {
					b.Fatal(err)
				}
				record, err := listing.Record()
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(listing.Databases[0].Packages)), "packages")
				b.ReportMetric(float64(len(record)), "bytes")
			}
			b.ReportMetric((processorTime(b)-begun).Seconds()/float64(b.N), "cpu-s/op")
		})
	}
}

// part is a part of an archive: files of each folder, which have 20 MB when they are compressed.
func part(b *testing.B, folders []string) []byte {
	b.Helper()
	var content bytes.Buffer
	compressed := gzip.NewWriter(&content)
	archive := tar.NewWriter(compressed)
	for i, folder := range folders {
		err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() || content.Len() > (i+1)*20_000_000/len(folders) {
				return err
			}
			const most = 4_000_000 // so that none is a large part of the archive
			text, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrPermission) || len(text) > most {
				return nil
			}
			if err == nil {
				err = archive.WriteHeader(&tar.Header{Name: "usr" + file, Mode: 0o644, Size: int64(len(text))})
			}
			if err == nil {
				_, err = archive.Write(text)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(archive.Flush(), compressed.Close()); err != nil {
		b.Fatal(err)
	}
	return content.Bytes()
}

// push pushes an image. Each layer has the part several times, and a database.
func push(b *testing.B, part []byte, layers, times int) oci.Reference {
	b.Helper()
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: runtime.GOARCH})
	for i := range layers {
		var end bytes.Buffer
		compressed := gzip.NewWriter(&end)
		archive := tar.NewWriter(compressed)
		database := "Package: a\nVersion: " + strconv.Itoa(i) + "\n"
		if err == nil {
			err = archive.WriteHeader(&tar.Header{Name: "var/lib/dpkg/status", Mode: 0o644, Size: int64(len(database))})
		}
		if err == nil {
			_, err = archive.Write([]byte(database))
		}
		if err != nil || archive.Close() != nil || compressed.Close() != nil {
			b.Fatal(err)
		}
		image, err = mutate.AppendLayers(image, static.NewLayer(append(bytes.Repeat(part, times), end.Bytes()...), types.DockerLayer))
	}
	text := ocitest.New(b).Host + "/a/b:1"
	target, parsed := gcr.ParseReference(text)
	if err != nil || parsed != nil {
		b.Fatal(err, parsed)
	}
	if err := remote.Write(target, image); err != nil {
		b.Fatal(err)
	}
	reference, err := oci.ParseReference(text)
	if err != nil {
		b.Fatal(err)
	}
	return reference
}

// processorTime is how long this process has used processors. A busy machine does not change it much.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
