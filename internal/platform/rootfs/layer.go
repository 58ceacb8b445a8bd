package rootfs

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// limits protect against archives that are made to exhaust memory or time. All are in bytes.
type limits struct {
	// layer is the uncompressed size of one layer, file that of one wanted file, image that of the wanted files of an image, and kept what
	// a Reader keeps in all.
	layer, file, image, kept int64
}

// The largest layers in use have about 10 GiB, and the largest databases of packages less than 100 MiB.
var defaults = limits{layer: 32 << 30, file: 256 << 20, image: 512 << 20, kept: 256 << 20}

// layer is what a layer does to the wanted files, and to the folders above them.
type layer struct {
	entries []entry
	// size is about how much memory it takes.
	size int64
}

type kind uint8

const (
	kindFile kind = iota + 1
	kindFolder
	kindSymlink
	kindHardlink
	// kindOther is a device or a pipe.
	kindOther
	// kindRemoved and kindEmptied are whiteouts: of a path, and of all in a folder,
	// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts.
	kindRemoved
	kindEmptied
)

// entry is one entry of the archive.
type entry struct {
	path string
	kind kind
	// target is that of a link.
	target  string
	content []byte
}

// entrySize is about the memory of an entry besides its texts.
const entrySize = 128

// budget is the memory that is left for the files of an image.
type budget struct{ used, left int64 }

var errTooMuch = errors.New("the wanted files of the image have too many bytes")

func (b *budget) take(n int64) error {
	if atomic.AddInt64(&b.used, n) > b.left {
		return fmt.Errorf("%w: the limit is %d MiB", errTooMuch, b.left>>20)
	}
	return nil
}

// readLayer reads an archive, which may be compressed, to its end.
func readLayer(ctx context.Context, compressed io.Reader, wanted patterns, limits limits, budget *budget) (*layer, error) {
	content, stop, err := decompress(compressed)
	if err != nil {
		return nil, err
	}
	defer stop()
	s := &scanner{wanted: wanted, limits: limits, budget: budget, layer: &layer{}, above: map[string]bool{}}
	archive := tar.NewReader(limit(ctx, content, limits.layer))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return s.layer, nil
		}
		if err == nil {
			err = s.add(header, archive)
		}
		if err != nil {
			return nil, err
		}
	}
}

// window is the most memory that a layer in zstd may ask for, which is what its own command allows.
const window = 128 << 20

// decompress tells the compression by the first bytes. The media type may be wrong.
func decompress(compressed io.Reader) (io.Reader, func(), error) {
	buffered := bufio.NewReaderSize(compressed, 256<<10)
	magic, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		reader, err := gzip.NewReader(buffered)
		return reader, func() {}, err
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		reader, err := zstd.NewReader(buffered, zstd.WithDecoderMaxWindow(window), zstd.WithDecoderMaxMemory(window))
		if err != nil {
			return nil, nil, err
		}
		return reader, reader.Close, nil
	}
	if file, ok := compressed.(io.ReadSeeker); ok {
		_, err := file.Seek(0, io.SeekStart)
		return file, func() {}, err
	}
	return buffered, func() {}, nil
}

// limit ends an archive after a number of bytes. An archive in a file stays an io.Seeker, with which archive/tar skips content.
func limit(ctx context.Context, content io.Reader, most int64) io.Reader {
	reader := &limited{ctx: ctx, from: content, left: most, most: most}
	if file, ok := content.(io.Seeker); ok {
		return seekable{reader, file}
	}
	return reader
}

// seekable counts what is skipped like what is read.
type seekable struct {
	*limited
	file io.Seeker
}

// Seek implements io.Seeker.
func (s seekable) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekCurrent {
		s.left -= offset
	}
	return s.file.Seek(offset, whence)
}

// limited ends an archive that is too long, or no longer of interest.
type limited struct {
	ctx        context.Context //nolint:containedctx // it lives as long as one call
	from       io.Reader
	left, most int64
}

// Read implements io.Reader.
func (l *limited) Read(b []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := l.from.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("it has more than %d MiB when it is uncompressed, which is the limit", l.most>>20)
	}
	return n, err
}

// scanner keeps the entries of an archive that are of interest.
type scanner struct {
	wanted patterns
	limits limits
	budget *budget
	layer  *layer
	// above are the wanted folders that were added because of an entry below them.
	above map[string]bool
}

const (
	whiteout       = ".wh."
	opaqueWhiteout = ".wh..wh..opq"
)

func (s *scanner) add(header *tar.Header, content io.Reader) error {
	name := path.Clean(strings.TrimLeft(header.Name, "/"))
	if name == ".." || strings.HasPrefix(name, "../") {
		return fmt.Errorf("its entry %q is outside the image", header.Name)
	}
	e := entryOf(name, header)
	at, isWanted := s.wanted.match(e.path)
	switch {
	case at == "" && e.kind != kindEmptied, at == "" && e.path != "":
		return nil
	case at != e.path:
		return s.addAbove(at, e.kind)
	case e.kind == kindFile && isWanted:
		return s.addFile(e, header.Size, content)
	default:
		return s.keep(e)
	}
}

// entryOf returns an entry without the content.
func entryOf(name string, header *tar.Header) entry {
	folder, base := path.Split(name)
	switch {
	case base == opaqueWhiteout:
		return entry{path: strings.TrimSuffix(folder, "/"), kind: kindEmptied}
	case strings.HasPrefix(base, whiteout+whiteout):
		return entry{path: name, kind: kindOther} // a file of AUFS itself
	case strings.HasPrefix(base, whiteout):
		return entry{path: folder + strings.TrimPrefix(base, whiteout), kind: kindRemoved}
	default:
		kind, target := kindOf(header)
		return entry{path: name, kind: kind, target: target}
	}
}

// addAbove adds a wanted path because of an entry below it.
func (s *scanner) addAbove(wanted string, of kind) error {
	if s.above[wanted] || of == kindRemoved || of == kindEmptied {
		return nil
	}
	s.above[wanted] = true
	return s.keep(entry{path: wanted, kind: kindFolder})
}

func (s *scanner) addFile(e entry, size int64, content io.Reader) (err error) {
	if size > s.limits.file {
		return fmt.Errorf("%s has %d MiB, and the limit is %d MiB", e.path, size>>20, s.limits.file>>20)
	}
	if err := s.budget.take(size); err != nil {
		return err
	}
	s.layer.size += size
	if e.content, err = io.ReadAll(content); err != nil {
		return err
	}
	return s.keep(e)
}

func (s *scanner) keep(e entry) error {
	size := int64(entrySize + len(e.path) + len(e.target))
	s.layer.size += size
	s.layer.entries = append(s.layer.entries, e)
	return s.budget.take(size)
}

// kindOf returns what an entry is, and the target of a link.
func kindOf(header *tar.Header) (kind, string) {
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		return kindFile, ""
	case tar.TypeDir:
		return kindFolder, ""
	case tar.TypeSymlink:
		return kindSymlink, header.Linkname
	case tar.TypeLink:
		return kindHardlink, path.Clean(strings.TrimLeft(header.Linkname, "/"))
	default:
		return kindOther, ""
	}
}
