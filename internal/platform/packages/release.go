package packages

import (
	"cmp"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
)

// releaseFiles are files with which an image says that it is a distribution. The first two have a common format,
// https://www.freedesktop.org/software/systemd/man/latest/os-release.html.
var releaseFiles = []string{
	"etc/os-release", "usr/lib/os-release",
	"etc/alpine-release", "etc/debian_version", "etc/gentoo-release", "etc/redhat-release", "etc/slackware-version", "etc/SuSE-release",
}

// distribution is the name that an image has for people; empty if it has none.
func distribution(files []rootfs.File) string {
	for _, file := range files {
		if file.Path != releaseFiles[0] && file.Path != releaseFiles[1] {
			continue
		}
		values := map[string]string{}
		for line := range strings.Lines(string(file.Content)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			values[name] = strings.Trim(value, `"'`)
		}
		if name := cmp.Or(values["PRETTY_NAME"], strings.TrimSpace(values["ID"]+" "+values["VERSION_ID"])); name != "" {
			return name
		}
	}
	return ""
}
