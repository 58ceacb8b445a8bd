package packages

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
	"gitlab.com/stemma-ci/stemma/internal/platform/rpmdb"
)

// TestMain lets this program be stemma-rpm, too. The library reads some damaged databases forever: two seconds of the processor are enough here.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "stemma-rpm" {
		if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: 2, Max: 2}); err != nil {
			panic(err)
		}
		os.Exit(rpmdb.Main(os.Args, os.Stdout, os.Stderr))
	}
	os.Exit(runWithProgram(m))
}

func runWithProgram(m *testing.M) int {
	folder, err := os.MkdirTemp("", "stemma-rpm")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	own, err := os.Executable()
	if err == nil {
		err = os.Symlink(own, filepath.Join(folder, "stemma-rpm"))
	}
	if err == nil {
		err = os.Setenv("PATH", folder+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	if err != nil {
		panic(err)
	}
	return m.Run()
}

// stored returns a file of testdata, which scripts/package-fixtures.sh makes.
func stored(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil && path.Ext(name) == ".gz" {
		var reader *gzip.Reader
		if reader, err = gzip.NewReader(bytes.NewReader(content)); err == nil {
			content, err = io.ReadAll(reader)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// queryAll prints packages as `rpm -qa` does.
func queryAll(t testing.TB, l Listing) string {
	t.Helper()
	if err := l.Unknown(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range l.Databases {
		for _, p := range d.Packages {
			_, version, hasEpoch := strings.Cut(p.Version, ":")
			if !hasEpoch {
				version = p.Version
			}
			lines = append(lines, fmt.Sprintf("%s-%s.%s\n", p.Name, version, p.Architecture))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// headers opens the stored database in SQLite, and returns the headers of its packages.
func headers(t *testing.T) (db *sql.DB, file string, headers [][]byte) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "rpmdb.sqlite")
	err := os.WriteFile(file, stored(t, "rpmdb.sqlite.gz"), 0o600)
	if err == nil {
		db, err = sql.Open("sqlite", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	rows, err := db.Query("SELECT blob FROM Packages")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var header []byte
		if err := rows.Scan(&header); err != nil {
			t.Fatal(err)
		}
		headers = append(headers, header)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return db, file, headers
}

// ndb writes headers in rpm's own format, https://github.com/rpm-software-management/rpm/blob/rpm-4.20.x/lib/backend/ndb/rpmpkg.cc: a page of
// slots, and a block for each package.
func ndb(headers [][]byte) []byte {
	word := binary.LittleEndian.AppendUint32
	magic := func(text string) uint32 { return binary.LittleEndian.Uint32([]byte(text)) }
	slots := word(word(word(word(nil, magic("RpmP")), 0), 1), 1)
	slots = append(slots, make([]byte, 16)...)
	var blocks []byte
	for i, header := range headers {
		number := uint32(i + 1)
		block := word(word(word(word(nil, magic("BlbS")), number), 0), uint32(len(header)))
		block = append(block, header...)
		block = append(block, make([]byte, (16-len(block)%16)%16)...)
		slots = word(word(word(word(slots, magic("Slot")), number), uint32(4096+len(blocks))/16), uint32(len(block)/16))
		blocks = append(blocks, block...)
	}
	for len(slots) < 4096 {
		slots = append(word(slots, magic("Slot")), make([]byte, 12)...)
	}
	return append(slots, blocks...)
}

func TestRPM(t *testing.T) {
	t.Parallel()
	want := string(stored(t, "rpm.list"))
	_, _, all := headers(t)
	for file, content := range map[string][]byte{
		"var/lib/rpm/rpmdb.sqlite": stored(t, "rpmdb.sqlite.gz"), "usr/lib/sysimage/rpm/Packages.db": ndb(all), "var/lib/rpm/Packages": stored(t, "Packages.gz"),
	} {
		l := list(t.Context(), filesOf(map[string]string{file: string(content)}))
		if diff := cmp.Diff(want, queryAll(t, l)); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
		if world := l.Databases[0].Packages[len(l.Databases[0].Packages)-1]; world != (Package{Name: "world", Version: "2:3.1~rc1-4.fc43", Architecture: "x86_64"}) {
			t.Errorf("%s: got %+v", file, world)
		}
	}
}

// The last changes of a database in SQLite may be in a file beside it.
func TestRPMWithAJournal(t *testing.T) {
	t.Parallel()
	db, file, _ := headers(t)
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0", "DELETE FROM Packages WHERE hnum % 2 = 0"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string]string{}
	for _, suffix := range []string{"", journal} {
		content, err := os.ReadFile(file + suffix)
		if err != nil {
			t.Fatal(err)
		}
		files["var/lib/rpm/rpmdb.sqlite"+suffix] = string(content)
	}
	both := strings.Count(queryAll(t, list(t.Context(), filesOf(files))), "\n")
	delete(files, "var/lib/rpm/rpmdb.sqlite"+journal)
	alone := strings.Count(queryAll(t, list(t.Context(), filesOf(files))), "\n")
	if both == 0 || both >= alone {
		t.Errorf("got %d packages with the journal, and %d without", both, alone)
	}
}

// A damaged database has the packages that it had, or is unknown. It ends neither this program nor the test.
func TestDamagedRPM(t *testing.T) {
	t.Parallel()
	_, _, all := headers(t)
	want := string(stored(t, "rpm.list"))
	times := 40
	if testing.Short() {
		times = 2
	}
	for file, content := range map[string][]byte{"rpmdb.sqlite": stored(t, "rpmdb.sqlite.gz"), "Packages.db": ndb(all), "Packages": stored(t, "Packages.gz")} {
		random := rand.New(rand.NewPCG(1, 2)) // the same damage in every run, in whatever order the files come
		for i := range times {
			damaged := bytes.Clone(content)
			if i%2 == 0 {
				damaged = damaged[:random.IntN(len(damaged))]
			} else {
				at := random.IntN(len(damaged) - 64)
				for j := range 64 {
					damaged[at+j] = byte(random.Uint32())
				}
			}
			l := list(t.Context(), filesOf(map[string]string{"var/lib/rpm/" + file: string(damaged)}))
			if l.Unknown() != nil {
				continue
			}
			if got := strings.Count(queryAll(t, l), "\n"); got != strings.Count(want, "\n") {
				t.Errorf("%s, damage %d: got %d packages without an error", file, i, got)
			}
		}
	}
}

func TestHostileRPM(t *testing.T) {
	t.Parallel()
	large := ndb([][]byte{make([]byte, 16)})
	binary.LittleEndian.PutUint32(large[4096+12:], 0xf0000000)
	for name, content := range map[string]string{"nothing": "", "text": "hello", "a block of 4 GB": string(large)} {
		l := list(t.Context(), filesOf(map[string]string{"var/lib/rpm/Packages.db": content}))
		if why := fmt.Sprint(l.Unknown()); !strings.Contains(why, "/var/lib/rpm/Packages.db: it is damaged or too large, and stemma-rpm stopped: ") || strings.Contains(why, "exit status") {
			t.Errorf("%s: got %q", name, why)
		}
	}
}

func TestRPMWithoutTheProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	l := list(t.Context(), filesOf(map[string]string{"var/lib/rpm/rpmdb.sqlite": "x"}))
	if why := fmt.Sprint(l.Unknown()); !strings.Contains(why, "the program stemma-rpm is neither in ") || !strings.Contains(why, "go install ") {
		t.Errorf("got %q", why)
	}
}

func TestPacman(t *testing.T) {
	t.Parallel()
	archive := tar.NewReader(bytes.NewReader(stored(t, "pacman.tar.gz")))
	var files []rootfs.File
	for header, err := archive.Next(); err == nil; header, err = archive.Next() {
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rootfs.File{Path: header.Name, Content: content})
	}
	var got []string
	for _, p := range list(t.Context(), files).Databases[0].Packages {
		got = append(got, p.Name+" "+p.Version+"\n")
	}
	if diff := cmp.Diff(string(stored(t, "pacman.list")), strings.Join(got, "")); diff != "" {
		t.Error(diff)
	}
}
