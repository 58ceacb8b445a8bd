package buildah

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// withPlain is the same builder, whose buildah reaches some registries over plain HTTP, and no others: a flag of the command line would be
// about every registry that a Containerfile names. Its configuration, which goes to a file, is the user's own with more entries. A
// registry that has an entry already is left as it is: https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md.
func (b *Builder) withPlain(file string, registries ...string) (*Builder, error) {
	content, err := b.registriesConf()
	if err != nil {
		return nil, err
	}
	for _, registry := range registries {
		if entry := regexp.MustCompile(`(?m)^\s*(prefix|location)\s*=\s*["']` + regexp.QuoteMeta(registry) + `["']`); !entry.Match(content) {
			content = fmt.Appendf(content, "\n[[registry]]\nlocation = %q\ninsecure = true\n", registry)
		}
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return nil, fmt.Errorf("write buildah's configuration: %w", err)
	}
	other := *b
	other.environ = append(slices.Clone(b.environ), "CONTAINERS_REGISTRIES_CONF="+file)
	return &other, nil
}

// reaching is the same builder, whose buildah reaches the registries of a Containerfile as Config.Insecure says, and everything else
// through a proxy, if there is one. Files that it needs begin with a path.
func (b *Builder) reaching(c *Containerfile, containerfile, proxy, files string) (*Builder, error) {
	source, err := os.ReadFile(containerfile)
	if err != nil {
		return nil, fmt.Errorf("read the Containerfile: %w", err)
	}
	registries := c.registries(string(source))
	b = b.withProxy(proxy, registries...)
	plain := slices.DeleteFunc(registries, func(registry string) bool { return !b.config.Insecure(registry) })
	if len(plain) == 0 {
		return b, nil
	}
	return b.withPlain(files+".registries.conf", plain...)
}

// registriesConf is the configuration that buildah would read; empty where there is none.
func (b *Builder) registriesConf() ([]byte, error) {
	for _, file := range []string{b.value("CONTAINERS_REGISTRIES_CONF"), filepath.Join(b.value("HOME"), ".config/containers/registries.conf"), "/etc/containers/registries.conf"} {
		content, err := os.ReadFile(file)
		if err == nil {
			return content, nil
		}
		if file != "" && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read buildah's configuration: %w", err)
		}
	}
	return nil, nil
}

// registries are those of a Containerfile's images and of its layers.
func (c *Containerfile) registries(source string) []string {
	references := slices.Concat(slices.Collect(maps.Values(c.Contexts)), c.Cache.From, []string{c.Cache.To})
	for _, line := range fromLines(source, c.Args) {
		references = append(references, line.image)
	}
	var registries []string
	for _, reference := range references {
		if registry, _, isPath := strings.Cut(reference, "/"); isPath && (strings.ContainsAny(registry, ".:") || registry == "localhost") {
			registries = append(registries, registry)
		}
	}
	slices.Sort(registries)
	return slices.Compact(registries)
}
