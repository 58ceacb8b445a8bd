package build

import (
	"fmt"
	"strconv"

	"gitlab.com/stemma-ci/stemma/schema"
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

// limits are the flags of buildah that bound what a build uses. Its isolation "chroot" makes no control group, so they bound nothing
// there.
func (b *Builder) limits(l schema.Limits) []string {
	var flags []string
	add := func(flag string, value int64, unit string) {
		if value > 0 {
			flags = append(flags, flag, strconv.FormatInt(value, 10)+unit)
		}
	}
	add("--memory", l.Memory, "b")
	add("--memory-swap", l.MemorySwap, "b")
	add("--cpu-shares", l.CPUShares, "")
	if l.CPUSet != "" {
		flags = append(flags, "--cpuset-cpus", l.CPUSet)
	}
	if len(flags) > 0 && value(b.environ, "BUILDAH_ISOLATION") == "chroot" {
		fmt.Fprintln(b.config.Log, "Warning: the limits of the build have no effect with BUILDAH_ISOLATION=chroot; set it to oci where the runner allows that, or limit the runner.")
	}
	return flags
}

// arguments are the flags of buildah that read and keep layers.
func (c LayerCache) arguments() []string {
	if c.To == "" {
		return []string{"--layers=false"}
	}
	args := []string{"--layers=true", "--cache-to", c.To}
	for _, repository := range c.From {
		args = append(args, "--cache-from", repository)
	}
	if c.From == nil {
		args = append(args, "--no-cache")
	}
	return args
}
