package packages

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"dpkg": {map[string]string{
			"var/lib/dpkg/status": "Package: libc6\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: same\nVersion: 2.36-9+deb12u9\n\n" +
				"Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u9\nDescription: a\n b\n Version: not this one\n .\n\n\n" +
				"Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n" +
				"Package: half\nStatus: install reinstreq half-installed\nArchitecture: all\nVersion: 1:2.0~rc1-3\n\n" +
				"Package: never\nStatus: unknown ok not-installed\nArchitecture: all\n",
		}, `dpkg var/lib/dpkg/status
			gone 1 all config-files
			half 1:2.0~rc1-3 all half-installed
			libc6 2.36-9+deb12u9 amd64
			libc6 2.36-9+deb12u9 i386`},
		"distroless": {map[string]string{
			"var/lib/dpkg/status.d/tzdata":         "Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n",
			"var/lib/dpkg/status.d/tzdata.md5sums": "0123  usr/share/zoneinfo/UTC\n",
			"var/lib/dpkg/status.d/base":           "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n\n",
		}, `dpkg var/lib/dpkg/status.d
			base-files 12.4 amd64
			tzdata 2024a-0+deb12u1 all`},
		"apk": {map[string]string{
			"lib/apk/db/installed": "C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nT:the musl\np:so:libc.musl-x86_64.so.1=1\nF:lib\nM:0:0:1777\nR:ld.so\na:0:0:755\n\n" +
				"P:.build-deps\nV:20260101.1\nA:noarch\n\n",
		}, `apk lib/apk/db/installed
			.build-deps 20260101.1 noarch
			musl 1.2.5-r0 x86_64`},
		"opkg": {map[string]string{"usr/lib/opkg/status": "Package: base-files\nVersion: 1666~r1\nDepends: libc\nStatus: install user installed\nArchitecture: x86_64\nInstalled-Time: 1\n"}, `opkg usr/lib/opkg/status
			base-files 1666~r1 x86_64`},
		"xbps": {map[string]string{"var/db/xbps/pkgdb-0.38.plist": `<?xml version="1.0" encoding="UTF-8"?>
			<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
			<plist version="1.0"><dict>
			<key>_XBPS_ALTERNATIVES_</key><dict><key>sh</key><array><string>bash</string></array></dict>
			<key>base-files</key><dict><key>alternatives</key><dict><key>pkgver</key><string>other-1_1</string></dict>
			<key>architecture</key><string>x86_64-musl</string><key>installed_size</key><integer>1</integer><key>pkgver</key><string>base-files-0.145_1</string>
			<key>run_depends</key><array><string>xbps&gt;=0.53_1</string></array><key>state</key><string>installed</string></dict>
			<key>gtk+3</key><dict><key>pkgver</key><string>gtk+3-3.24.41_2</string></dict>
			</dict></plist>`}, `xbps var/db/xbps/pkgdb-0.38.plist
			base-files 0.145_1 x86_64-musl
			gtk+3 3.24.41_2`},
		"a damaged xbps": {map[string]string{"var/db/xbps/pkgdb-0.38.plist": "<plist><dict>"}, "xbps var/db/xbps/pkgdb-0.38.plist\nunknown: it is damaged: XML syntax error on line 1: unexpected EOF"},
		"portage": {map[string]string{"var/db/pkg/sys-libs/glibc-2.39-r6/PF": "glibc-2.39-r6", "var/db/pkg/dev-lang/python-3.12.3_p1/PF": "", "var/db/pkg/x11-libs/gtk+-2.24.33/PF": ""}, `portage var/db/pkg
			dev-lang/python 3.12.3_p1
			sys-libs/glibc 2.39-r6
			x11-libs/gtk+ 2.24.33`},
		"a damaged portage": {map[string]string{"var/db/pkg/sys-libs/glibc/PF": ""}, "portage var/db/pkg\nunknown: it is damaged: /var/db/pkg/sys-libs/glibc has no version"},
		"a damaged pacman":  {map[string]string{"var/lib/pacman/local/a-1/desc": ""}, "pacman var/lib/pacman/local\nunknown: it is damaged: /var/lib/pacman/local/a-1/desc has no %NAME%"},
		"two databases": {map[string]string{"var/lib/dpkg/status": "Package: a\nVersion: 1\n", "usr/lib/apk/db/installed": "P:b\nV:2\n"}, `apk usr/lib/apk/db/installed
			b 2
			dpkg var/lib/dpkg/status
			a 1`},
		"a database without packages": {map[string]string{"var/lib/dpkg/status": "", "etc/os-release": "ID=debian\nVERSION_ID='12'\n"}, "debian 12\nunknown: its database of packages is empty\ndpkg var/lib/dpkg/status"},
		"an empty second database": {map[string]string{"var/lib/dpkg/status": "", "usr/lib/apk/db/installed": "P:b\nV:2\n"}, `apk usr/lib/apk/db/installed
			b 2
			dpkg var/lib/dpkg/status`},
		"no database":                   {map[string]string{}, ""},
		"no database of a distribution": {map[string]string{"usr/lib/os-release": `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"`}, "Debian GNU/Linux 12 (bookworm)\nunknown: it has no database of packages that stemma can read"},
		"no database of an old one":     {map[string]string{"etc/slackware-version": "Slackware 15.0"}, "unknown: it has no database of packages that stemma can read"},
		"a database that is not read":   {map[string]string{"nix/store": "/"}, "nix nix/store\nunknown: stemma cannot read the packages of nix"},
		"a damaged status":              {map[string]string{"var/lib/dpkg/status": "\x00\x01\x02"}, "dpkg var/lib/dpkg/status\nunknown: it is damaged: a paragraph has no field Package"},
		"a damaged apk":                 {map[string]string{"lib/apk/db/installed": "V:1\n"}, "apk lib/apk/db/installed\nunknown: it is damaged: a paragraph has no field P"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.ReplaceAll(test.want, "\t", "")
			if diff := cmp.Diff(want, text(list(t.Context(), filesOf(test.files)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// filesOf returns files, and folders whose content is a slash.
func filesOf(contents map[string]string) []rootfs.File {
	var files []rootfs.File
	for name, content := range contents {
		files = append(files, rootfs.File{Path: name, Real: name, IsFolder: content == "/", Content: []byte(content)})
	}
	return files
}

// text is a listing with a line for each thing.
func text(l Listing) string {
	var lines []string
	add := func(words ...string) {
		if line := strings.Join(strings.Fields(strings.Join(words, " ")), " "); line != "" {
			lines = append(lines, line)
		}
	}
	problem := func(text string) {
		if text != "" {
			add("unknown:", text)
		}
	}
	add(l.Distribution)
	problem(l.Problem)
	for _, d := range l.Databases {
		add(d.Format, d.Path)
		problem(d.Problem)
		for _, p := range d.Packages {
			add(p.Name, p.Version, p.Architecture, p.State)
		}
	}
	return strings.Join(lines, "\n")
}

func TestTenThousandPackages(t *testing.T) {
	t.Parallel()
	paragraph := "Package: p\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nDescription: " + strings.Repeat("x", 500) + "\n\n"
	got := list(t.Context(), filesOf(map[string]string{"var/lib/dpkg/status": strings.Repeat(paragraph, 10_000)}))
	if n := len(got.Databases[0].Packages); n != 10_000 {
		t.Errorf("got %d packages", n)
	}
}

func FuzzFormats(f *testing.F) {
	for i := range formats {
		f.Add(i, []byte("Package: a\nVersion: 1\n\nP:b\nV:2\n"))
	}
	f.Fuzz(func(t *testing.T, i int, content []byte) {
		format := formats[uint(i)%uint(len(formats))]
		name := strings.ReplaceAll(strings.TrimSuffix(format.pattern, "/"), "*", "a-1")
		got := list(t.Context(), []rootfs.File{{Path: name, Real: name, Content: content}})
		if _, err := json.Marshal(got); err != nil {
			t.Error(err)
		}
		if changes, err := Compare(got, got); len(changes) > 0 || (err == nil) != (got.Unknown() == nil) {
			t.Errorf("a list differs from itself: %v, %v", changes, err)
		}
	})
}
