package buildah

import (
	"fmt"
	"strconv"

	"gitlab.com/stemma-ci/stemma/schema"
)

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
	if len(flags) > 0 && b.value("BUILDAH_ISOLATION") == "chroot" {
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
