package buildah

import (
	"cmp"
	"slices"
	"strings"
)

// proxyVariables are the variables by which programs find a proxy; none without an address.
func proxyVariables(address string) map[string]string {
	variables := map[string]string{}
	if address != "" {
		for _, name := range []string{"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"} {
			variables[name] = address
		}
	}
	return variables
}

// assignments are variables as an environment has them, sorted.
func assignments(variables map[string]string) []string {
	var out []string
	for _, name := range sortedKeys(variables) {
		out = append(out, name+"="+variables[name])
	}
	return out
}

// withProxy is the same builder, whose buildah has a proxy in its environment and hands it on to what it runs. An address may have a
// password, which every user of the machine could read in its arguments. buildah itself reaches the given registries without the proxy, and
// GitLab too, which issues the tokens for its own registry.
func (b *Builder) withProxy(address string, registries ...string) *Builder {
	if address == "" {
		return b
	}
	direct := slices.Concat([]string{cmp.Or(b.value("NO_PROXY"), b.value("no_proxy"))}, registries)
	if len(registries) > 0 {
		direct = append(direct, b.value("CI_SERVER_HOST"))
	}
	direct = slices.DeleteFunc(direct, func(host string) bool { return host == "" })
	other := *b
	other.environ = slices.Concat(b.environ, assignments(proxyVariables(address)))
	if len(direct) > 0 {
		other.environ = append(other.environ, "NO_PROXY="+strings.Join(direct, ","))
	}
	return &other
}
