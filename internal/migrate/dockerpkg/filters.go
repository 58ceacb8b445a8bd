package dockerpkg

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
)

// filters are docker-pkg's own.
func (t *tree) filters() map[string]jinja.Function {
	return map[string]jinja.Function{
		"image_tag":        t.imageTag,
		"upstream_version": upstreamVersion,
		"uid":              t.config.uid,
		"add_user":         t.config.addUser,
		"apt_install":      t.config.aptInstall,
		"apt_remove":       t.config.aptRemove,
	}
}

// imageTag gives the whole reference of an image of the tree, or of a base image.
func (t *tree) imageTag(c *jinja.Call) (any, error) {
	name := c.Text(0, "", "")
	if err := c.Done(); err != nil {
		return nil, err
	}
	reference, ok := t.references[t.config.repository(name)]
	if !ok {
		if t.broken[name] {
			return nil, errBroken
		}
		return nil, fmt.Errorf("there is no image %q in the tree or among base_images%s", name, t.didYouMean(name))
	}
	return reference, nil
}

// errBroken is the error of an image that is in the tree, but could not be read: that has been reported.
var errBroken = errors.New("the image could not be read")

// repository is where an image of the tree is published, without its tag.
func (c *config) repository(name string) string {
	joined := ""
	for _, part := range []string{c.registry, c.namespace, name} {
		switch {
		case strings.HasPrefix(part, "/"), joined == "":
			joined = part
		case strings.HasSuffix(joined, "/"):
			joined += part
		default:
			joined += "/" + part
		}
	}
	return joined
}

// debianVersion is a version with its parts: upstream's, and Debian's behind the last hyphen.
var debianVersion = regexp.MustCompile(`^(?:\d+:)?([A-Za-z0-9.+:~-]+?)(?:-[A-Za-z0-9+.~]+)?$`)

// upstreamVersion returns the part of a reference's tag that is the version of the packaged software.
func upstreamVersion(c *jinja.Call) (any, error) {
	reference := c.Text(0, "", "")
	if err := c.Done(); err != nil {
		return nil, err
	}
	i := strings.LastIndexByte(reference, ':')
	if i < 0 || strings.Contains(reference[i:], "/") {
		return nil, fmt.Errorf("%q has no tag", reference)
	}
	tag := reference[i+1:]
	if !strings.Contains(tag, "-") {
		return tag, nil
	}
	if parts := strings.SplitN(tag, "-", 3); len(parts) == 3 {
		tag = parts[0] + "-" + parts[1]
	}
	m := debianVersion.FindStringSubmatch(tag)
	if m == nil {
		return nil, fmt.Errorf("the tag %q is no version", tag)
	}
	return m[1], nil
}

// uid gives the number of a user, or the user's own name where it is not known.
func (c *config) uid(call *jinja.Call) (any, error) {
	user := call.Text(0, "", "")
	if id, ok := c.users.Get(user); ok {
		return jinja.Print(id), call.Done()
	}
	return user, call.Done()
}

func (c *config) addUser(call *jinja.Call) (any, error) {
	user := call.Text(0, "", "")
	if err := call.Done(); err != nil {
		return nil, err
	}
	id, ok := c.users.Get(user)
	if !ok || jinja.Print(id) == user {
		return nil, fmt.Errorf("known_uid_mappings has no number for the user %q", user)
	}
	return fmt.Sprintf("groupadd -o -g %[1]s -r %[2]s && useradd -l -o -r -m -d /var/lib/%[2]s -g %[2]s -u %[1]s %[2]s", jinja.Print(id), user), nil
}

// aptInstall gives the commands that install packages.
func (c *config) aptInstall(call *jinja.Call) (any, error) {
	packages := strings.ReplaceAll(call.Text(0, "", ""), "\n", " ")
	options, proxy, err := c.apt(call)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	if proxy != "" {
		fmt.Fprintf(&out, "echo 'Acquire::http::Proxy \"%s\";' > /etc/apt/apt.conf.d/80_proxy \\\n    && ", proxy)
	}
	fmt.Fprintf(&out, "apt-get update %s \\\n    && DEBIAN_FRONTEND=noninteractive \\\n", options)
	fmt.Fprintf(&out, "    apt-get install %s --yes %s --no-install-recommends \\\n", options, packages)
	out.WriteString(c.aptEnd(proxy))
	return out.String(), nil
}

// aptRemove gives the commands that remove packages. With a proxy docker-pkg writes `&& \apt-get`, and so does this.
func (c *config) aptRemove(call *jinja.Call) (any, error) {
	packages := call.Printed(0, "", "")
	_, proxy, err := c.apt(call)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	if proxy != "" {
		fmt.Fprintf(&out, "echo 'Acquire::http::Proxy \"%s\";' > /etc/apt/apt.conf.d/80_proxy  && \\", proxy)
	}
	fmt.Fprintf(&out, "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get remove --yes --purge %s \\\n", packages)
	out.WriteString(c.aptEnd(proxy))
	return out.String(), nil
}

// aptEnd is the end of both; the blank at its end is docker-pkg's.
func (c *config) aptEnd(proxy string) string {
	end := "    && apt-get clean && rm -rf /var/lib/apt/lists/* "
	if proxy != "" {
		return "    && rm -f /etc/apt/apt.conf.d/80_proxy \\\n" + end
	}
	return end
}

// apt returns the options and the proxy of apt as they are printed; the proxy is empty where none is used.
func (c *config) apt(call *jinja.Call) (options, proxy string, err error) {
	if _, ok := c.values.Get("packages"); ok {
		return "", "", errors.New("a key of the configuration is called packages, which this filter needs itself")
	}
	value, _ := c.values.Get("apt_options")
	options = jinja.Print(value)
	if c.aptProxy != nil && c.aptProxy != "" && c.aptProxy != false {
		proxy = jinja.Print(c.aptProxy)
	}
	return options, proxy, call.Done()
}
