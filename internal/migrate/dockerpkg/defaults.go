package dockerpkg

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// defaults are what the configuration says of all builds; nil for nothing.
func (c *conversion) defaults() *importer.Image {
	d := &importer.Image{Proxy: c.proxy(), Limits: c.limits(), Users: c.users()}
	if d.Proxy == nil && d.Limits == nil && d.Users == nil {
		return nil
	}
	return d
}

func (c *conversion) proxy() *importer.Proxy {
	value, _ := c.tree.config.values.Get("http_proxy")
	address := fmt.Sprint(value)
	switch {
	case value == nil || address == "":
		return nil
	case !importer.ProxyURL.Takes(address):
		key, _ := c.tree.config.key("http_proxy")
		c.report.Missing(c.tree.config.at(key), "http_proxy", "an address with a user and a password, or without http://, is left to the variable HTTP_PROXY of the runner")
		return nil
	}
	c.report.Converted("the proxy of builds")
	return &importer.Proxy{Build: address}
}

// limits are those of "memory=2g,memswap=4g,cpushares=512,cpusetcpus=0-2".
func (c *conversion) limits() *importer.Limits {
	value, _ := c.tree.config.values.Get("container_limits")
	text, _ := value.(string)
	if text == "" {
		return nil
	}
	key, _ := c.tree.config.key("container_limits")
	l := &importer.Limits{}
	for entry := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(entry), "=")
		ok := false
		switch name {
		case "memory":
			l.Memory, ok = size(value)
		case "memswap":
			l.MemorySwap, ok = size(value)
		case "cpushares":
			shares, err := strconv.ParseInt(value, 10, 64)
			l.CPUShares, ok = shares, err == nil && shares > 1 && shares <= 262144
			if !ok {
				l.CPUShares = 0
			}
		case "cpusetcpus":
			if ok = importer.CPUSet.Takes(value); ok {
				l.CPUSet = value
			}
		}
		if !ok {
			c.report.Missing(c.tree.config.at(key), "container_limits", "%s is no limit that can be kept", entry)
		}
	}
	if *l == (importer.Limits{}) {
		return nil
	}
	c.report.Converted("the limits of builds, which have an effect with another isolation than chroot")
	return l
}

var dockerSize = regexp.MustCompile(`^([1-9]\d{0,8})([kmgKMG])[bB]?$`)

// size turns a size of docker's, in which g is 1024 times m, into one with a unit; a number of bytes has none.
func size(text string) (string, bool) {
	match := dockerSize.FindStringSubmatch(text)
	if match == nil {
		return "", false
	}
	return match[1] + map[string]string{"k": "KiB", "m": "MiB", "g": "GiB"}[strings.ToLower(match[2])], true
}

// users are the known ones where the last USER of every image must be a number, and is.
func (c *conversion) users() map[string]int64 {
	if !c.tree.config.forceNumericUser {
		return nil
	}
	isNumeric := true
	for _, i := range c.tree.images {
		if last := lastUser(i); i.isRendered && i.unusable == "" && last != "" && !definition.IsNumericUser(last) {
			isNumeric = false
			c.report.Look(c.tree.at(path.Join(i.folder, templateFile), 0, 0), "USER "+last, "it is no number, and docker-pkg refuses to build the image (force_numeric_user)")
		}
	}
	if !isNumeric {
		c.report.Missing(c.heading(c.tree.images[0]), "force_numeric_user", "not every image ends with a number; add users to defaults when they do")
		return nil
	}
	out := map[string]int64{}
	for _, key := range c.tree.config.users.Keys() {
		value, _ := c.tree.config.users.Get(key)
		name := fmt.Sprint(key)
		uid, err := strconv.ParseInt(fmt.Sprint(value), 10, 64)
		if err == nil && uid >= 0 && importer.UserName.Takes(name) {
			out[name] = uid
		}
	}
	c.report.Converted("users with their numbers; the last USER of every image is a number")
	return out
}

// lastUser is the last USER of a Dockerfile; empty where it has none.
func lastUser(i *image) string {
	last := ""
	for line := range strings.SplitSeq(i.rendered, "\n") {
		if user, ok := strings.CutPrefix(line, "USER "); ok {
			last = strings.TrimSpace(user)
		}
	}
	return last
}
