// Package scripts tests the shell scripts of `make demo` and `make test` with the machines that newcomers have: without
// root, without packages, with an old Go, with a port in use.
package scripts

import (
	"archive/zip"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/dirhash"
)

// machine is a folder with the project's scripts, and the commands that a shell finds.
type machine struct {
	t         *testing.T
	dir       string
	variables []string
}

// needed are the programs that every Debian has.
var needed = []string{"sh", "awk", "basename", "base64", "basenc", "cat", "chmod", "cut", "dirname", "dpkg-query", "find", "grep", "mkdir", "mv", "rm", "sed", "sha256sum", "sleep", "sort", "timeout", "tr", "true", "uname", "unshare", "xargs"}

func newMachine(t *testing.T) machine {
	t.Helper()
	m := machine{t: t, dir: t.TempDir()}
	for _, file := range []string{"go.mod", "scripts/prepare.sh", "scripts/install.sh", "scripts/toolchain.sh", "scripts/toolchain.sums"} {
		content, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		m.write(file, string(content))
	}
	for _, program := range needed {
		m.link(program)
	}
	return m
}

func (m machine) write(file, content string) {
	m.t.Helper()
	path := filepath.Join(m.dir, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.RemoveAll(path); err != nil { // a link to a program of this machine
		m.t.Fatal(err)
	}
	// A process that another test starts in between would inherit the open file, and the kernel starts no program that is open for writing.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) link(program string) {
	m.t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(m.dir, "path"), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Symlink(path, filepath.Join(m.dir, "path", program)); err != nil {
		m.t.Fatal(err)
	}
}

// have adds programs that do nothing.
func (m machine) have(programs ...string) {
	for _, program := range programs {
		m.write("path/"+program, "#!/bin/sh\n")
	}
}

// run returns what a script prints, and whether it succeeds.
func (m machine) run(script string, arguments ...string) (output string, ok bool) {
	m.t.Helper()
	cmd := exec.Command(filepath.Join(m.dir, "scripts", script), arguments...)
	cmd.Env = append([]string{"PATH=" + filepath.Join(m.dir, "path"), "HOME=" + m.dir, "APT_LOCK_TIMEOUT=1"}, m.variables...)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

const oldGo = "#!/bin/sh\necho \"go: errors parsing go.mod: invalid go version '1.26.8': must match format 1.23\" >&2\nexit 1\n"

func (m machine) asUser() {
	m.write("path/id", "#!/bin/sh\n[ \"$1\" = -u ] && echo 1000 || echo newcomer\n")
	m.write("path/sudo", "#!/bin/sh\nexit 1\n")
	m.have("apt-get")
}

func (m machine) asRoot() {
	m.write("path/id", "#!/bin/sh\n[ \"$1\" = -u ] && echo 0 || echo root\n")
	m.write("path/unshare", "#!/bin/sh\n")
}

var demoPrograms = []string{"go", "git", "buildah", "crun", "curl", "docker-registry", "mmdebstrap", "npm", "rsync", "newuidmap"}

func TestPrepareListsAllThatIsMissing(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	taken := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)

	for _, test := range []struct {
		name    string
		machine func(machine) machine
		purpose string
		want    []string
	}{
		{"nothing, to test", func(m machine) machine { m.asUser(); m.have("go", "git"); return m }, "test", nil},
		{"nothing, for the demo", func(m machine) machine { m.asRoot(); m.have(demoPrograms...); return m }, "demo", nil},
		{"packages, without root", func(m machine) machine {
			m.asUser()
			m.have("go", "buildah", "crun", "curl", "mmdebstrap", "npm", "rsync")
			m.write("path/unshare", "#!/bin/sh\n")
			return m
		}, "demo", []string{
			"subordinate user ids: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 newcomer, as root",
			"Debian packages, which only root may install: apt-get install --no-install-recommends git docker-registry uidmap",
		}},
		{"Go and git, without root", func(m machine) machine {
			m.asUser()
			m.write("path/go", oldGo)
			return m
		}, "test", []string{"Debian packages, which only root may install: apt-get install --no-install-recommends git curl unzip"}},
		{"packages, without a package manager that is known", func(m machine) machine {
			m.asRoot()
			m.have("go")
			return m
		}, "test", []string{"these programs: git"}},
		{"a port", func(m machine) machine {
			m.asRoot()
			m.have(demoPrograms...)
			m.variables = []string{"DEMO_PORT=" + taken}
			return m
		}, "demo", []string{"port " + taken + " for a registry, which another program uses: set DEMO_PORT to a free port"}},
		{"a port that is no number", func(m machine) machine {
			m.asRoot()
			m.have(demoPrograms...)
			m.variables = []string{"DEMO_PORT=none"}
			return m
		}, "demo", []string{"a port: DEMO_PORT is 'none', which is no number"}},
		{"the right to mount", func(m machine) machine {
			m.asRoot()
			m.have(demoPrograms...)
			m.write("path/unshare", "#!/bin/sh\nexit 1\n")
			return m
		}, "demo", []string{"the right to mount, which this container lacks: run on a machine, or in a container with --privileged"}},
		{"the lock of the package manager", func(m machine) machine {
			m.asRoot()
			m.have("go")
			m.write("path/apt-get", "#!/bin/sh\nexit 100\n")
			return m
		}, "test", []string{"the package manager, which another program keeps locked: wait for it, or end it"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			output, ok := test.machine(newMachine(t)).run("prepare.sh", test.purpose)
			want := ""
			if test.want != nil {
				want = "make " + test.purpose + " needs this first:\n  - " + strings.Join(test.want, "\n  - ") + "\n"
			}
			if output != want || ok != (test.want == nil) {
				t.Errorf("got %t and:\n%s\nwant:\n%s", ok, output, want)
			}
		})
	}
}

var goVersion = regexp.MustCompile(`(?m)^go (.*)$`)

func wantedGo(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	return goVersion.FindStringSubmatch(string(content))[1]
}

// proxy makes a module proxy that has a toolchain, and returns its address and the toolchain's checksum.
func proxy(t *testing.T, module string) (address, sum string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "golang.org/toolchain/@v", module+".zip")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	writer := zip.NewWriter(file)
	for name, content := range map[string]string{"bin/go": "#!/bin/sh\necho fetched\n", "pkg/tool/linux/compile": "", "src/_go.mod": "module std\n", "src/a b.go": "package src\n"} {
		entry, err := writer.Create("golang.org/toolchain@" + module + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if sum, err = dirhash.HashZip(path, dirhash.Hash1); err != nil {
		t.Fatal(err)
	}
	return "file://" + dir, sum
}

func TestToolchainIsFetchedAndVerified(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Fatal("the script fetches Go for Linux only")
	}
	version := wantedGo(t)
	module := "v0.0.1-go" + version + ".linux-" + runtime.GOARCH
	address, sum := proxy(t, module)

	for _, test := range []struct {
		name, sums, proxy string
		want              string
		ok                bool
	}{
		{"right", module + " " + sum + "\n", address, "fetching Go " + version, true},
		{"another checksum", module + " h1:AAAA=\n", address, "wants h1:AAAA=. Nothing is installed.", false},
		{"no checksum", "", address, "scripts/toolchain.sums has no checksum of " + module, false},
		{"no such file", module + " " + sum + "\n", "file:///nowhere", "Set GOPROXY to a proxy that this machine reaches", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.link("curl")
			m.link("unzip")
			m.write("path/go", oldGo)
			m.write("scripts/toolchain.sums", test.sums)
			m.variables = []string{"GOPROXY=" + test.proxy + ",direct"}
			folder := filepath.Join(m.dir, ".tools/toolchain")
			output, ok := m.run("toolchain.sh", folder)
			if ok != test.ok || !strings.Contains(output, test.want) {
				t.Errorf("got %t and:\n%s\nwant %t and %q", ok, output, test.ok, test.want)
			}
			got, err := exec.Command(filepath.Join(folder, "bin/go")).Output()
			if installed := err == nil && string(got) == "fetched\n"; installed != test.ok {
				t.Errorf("installed: got %t (%v), want %t", installed, err, test.ok)
			}
			if _, err := os.Stat(folder + ".new"); err == nil {
				t.Error("the script left its temporary folder")
			}
			if _, err := os.Stat(filepath.Join(folder, "src/go.mod")); (err == nil) != test.ok {
				t.Errorf("src/go.mod: got %v", err)
			}
		})
	}
}

// To update both files: `go mod download -json golang.org/toolchain@VERSION` prints a checksum that Go has verified.
func TestVersionOfGoIsTheSameEverywhere(t *testing.T) {
	version := wantedGo(t)
	for file, texts := range map[string][]string{
		"scripts/toolchain.sums": {"v0.0.1-go" + version + ".linux-amd64 h1:", "v0.0.1-go" + version + ".linux-arm64 h1:"},
		"README.md":              {"Both commands need Go " + version + ","},
	} {
		content, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range texts {
			if !strings.Contains(string(content), want) {
				t.Errorf("%s does not have %q, the version in go.mod", file, want)
			}
		}
	}
}
