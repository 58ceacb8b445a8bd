package imagetool

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// buildValued are the options of builds that have a value, of all programs with `build`.
var buildValued = []string{
	"-t", "--tag", "-f", "--file", "--build-arg", "--target", "--platform", "--cache-from", "--cache-to", "--label", "--layer-label", "--secret", "--ssh", "--build-context",
	"--network", "--progress", "--output", "-o", "--iidfile", "--metadata-file", "--builder", "--add-host", "--shm-size", "--ulimit", "-m", "--memory", "--memory-swap",
	"--cpu-shares", "--cpuset-cpus", "--cpuset-mems", "--cpu-period", "--cpu-quota", "--cgroup-parent", "--security-opt", "--isolation", "--attest", "--allow", "--annotation",
	"--no-cache-filter", "--format", "--storage-driver", "--creds", "--authfile", "--cert-dir", "--arch", "--os", "--variant", "--manifest", "--jobs", "-v", "--volume", "--cap-add",
	"--cap-drop", "--ignorefile", "--timestamp", "--logfile", "--from", "--device", "--dns", "--env", "--build-arg-file", "--cache-ttl", "--root", "--runroot", "--userns", "--runtime",
	"--registries-conf", "--retry", "--retry-delay", "--unsetenv", "--backend", "--local", "--opt", "--import-cache", "--export-cache", "--frontend",
}

// silent are options without an effect on what an image contains.
var silent = []string{
	"--progress", "--builder", "--pull", "--no-cache", "--rm", "--force-rm", "-q", "--quiet", "--compress", "--load", "--push", "--storage-driver",
	"--creds", "--authfile", "--cert-dir", "--jobs", "--logfile", "--layers", "--format", "--isolation", "--pull-always", "--pull-never", "--root", "--runroot",
	"--registries-conf", "--retry", "--retry-delay", "--cgroup-parent", "-D", "--debug", "--userns", "--runtime", "--no-console", "--force-compression", "--check",
}

// known are options whose values Build has.
var known = []string{
	"-t", "--tag", "-f", "--file", "--build-arg", "--target", "--platform", "--arch", "--os", "--cache-from", "--cache-to", "--label", "--secret", "--build-context", "--output", "-o", "--manifest",
}

func build(tool string, args []string) any {
	o := parse(args, buildValued)
	b := Build{
		Tool: tool, Containerfile: o.get("-f", "--file"), Target: o.get("--target"), Args: o.pairs("--build-arg"), Labels: o.pairs("--label"),
		Contexts: o.pairs("--build-context"), Tags: append(o.all("-t", "--tag"), o.all("--manifest")...), Platforms: commas(o.all("--platform")), Secrets: o.all("--secret"),
		IsPushed: o.has("--push"), HasCache: o.has("--cache-from", "--cache-to"), CacheFrom: o.all("--cache-from"), Others: o.others(slices.Concat(silent, known)),
	}
	if arch := o.get("--arch"); arch != "" && len(b.Platforms) == 0 {
		b.Platforms = []string{"linux/" + arch}
	}
	for _, output := range o.all("-o", "--output") {
		b.output(output)
	}
	b.Context = context(o.operands)
	return b
}

// context is the operand of a build. A value that only a job knows, such as `$EXTRA_ARGS`, has options more often.
func context(operands []string) string {
	for _, operand := range slices.Backward(operands) {
		if !script.IsOpen(operand) || script.Local(operand) != operand || strings.Contains(script.Mask(operand), "/") {
			return operand
		}
	}
	if len(operands) > 0 {
		return operands[len(operands)-1]
	}
	return ""
}

// output reads `--output`: to a registry, to the daemon, or to files instead of an image.
func (b *Build) output(text string) {
	values := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		values[name] = value
	}
	switch values["type"] {
	case "image", "registry":
		b.IsPushed = b.IsPushed || values["type"] == "registry" || values["push"] == "true"
		if names := strings.Trim(between(text, "name="), `"`); names != "" {
			b.Tags = append(b.Tags, commas([]string{names})...)
		}
	case "docker":
	default:
		b.Output = text
	}
}

// between is the value of a key: in quotes it can contain commas.
func between(text, key string) string {
	_, rest, ok := strings.Cut(text, key)
	if !ok {
		return ""
	}
	if quoted, isQuoted := strings.CutPrefix(rest, `"`); isQuoted {
		value, _, _ := strings.Cut(quoted, `"`)
		return value
	}
	value, _, _ := strings.Cut(rest, ",")
	return value
}

func commas(values []string) []string {
	var out []string
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// others are the options that are not among the given ones, without those that are off.
func (o options) others(than []string) []Pair {
	return slices.DeleteFunc(slices.Clone(o.list), func(option Pair) bool {
		isOff := option.Value == "false" && option.Name != "--tls-verify"
		return slices.Contains(than, option.Name) || script.IsOpen(option.Name) || isOff
	})
}

func buildah(args []string) any {
	_, args = leading(args, globals)
	if len(args) == 0 {
		return Housekeeping{}
	}
	switch args[0] {
	case "bud", "build", "build-using-dockerfile":
		return build("buildah", args[1:])
	case "tag", "push", "login":
		return simple("buildah", args[0], args[1:])
	case "manifest":
		return manifest(args[1:])
	case "from", "run", "copy", "add", "commit", "config", "mount":
		return nil
	}
	return Housekeeping{}
}

// kanikoValued are the options of kaniko that have a value.
var kanikoValued = []string{
	"-c", "--context", "--context-sub-path", "-f", "--dockerfile", "-d", "--destination", "--build-arg", "--target", "--cache-repo", "--cache-dir", "--cache-ttl", "--customPlatform",
	"--custom-platform", "--label", "--tarPath", "--tar-path", "--registry-mirror", "--registry-map", "--registry-certificate", "--registry-client-cert", "--skip-tls-verify-registry",
	"--insecure-registry", "--snapshotMode", "--snapshot-mode", "-v", "--verbosity", "--push-retry", "--ignore-path", "--git", "--digest-file", "--image-name-with-digest-file",
	"--image-name-tag-with-digest-file", "--oci-layout-path", "--compression", "--compression-level", "--log-format", "--image-fs-extract-retry", "--image-download-retry", "--kaniko-dir", "-b", "--secret",
}

// kanikoKnown are options of kaniko that Build has, or that do not change an image.
var kanikoKnown = []string{
	"-c", "--context", "--context-sub-path", "-f", "--dockerfile", "-d", "--destination", "--build-arg", "--target", "--customPlatform", "--custom-platform", "--label",
	"--cache", "--cache-copy-layers", "--cache-run-layers", "--no-push", "--no-push-cache",
	"--snapshotMode",
	"--snapshot-mode", "--use-new-run", "-v", "--verbosity", "--cleanup", "--push-retry",
	"--compressed-caching", "--log-format", "--log-timestamp", "--force", "--image-fs-extract-retry", "--image-download-retry",
	"--skip-unused-stages", "--ignore-var-run", "--whitelist-var-run", "--skip-push-permission-check", "--kaniko-dir", "--use-new-run", "-b", "--push-ignore-immutable-tag-errors",
}

func kaniko(args []string) any {
	if len(args) > 0 && (args[0] == "version" || args[0] == "login") {
		return Housekeeping{}
	}
	o := parse(args, kanikoValued)
	b := Build{
		Tool: "kaniko", Containerfile: o.get("-f", "--dockerfile"), Context: strings.TrimPrefix(o.get("-c", "--context"), "dir://"), Target: o.get("--target"),
		Args: o.pairs("--build-arg"), Labels: o.pairs("--label"), Tags: o.all("-d", "--destination"), Platforms: o.all("--customPlatform", "--custom-platform"),
		IsPushed: !o.has("--no-push"), HasCache: o.has("--cache"), Others: o.others(kanikoKnown),
	}
	if sub := o.get("--context-sub-path"); sub != "" {
		b.Context = strings.TrimSuffix(b.Context, "/") + "/" + strings.TrimPrefix(sub, "/")
	}
	if b.Context == "" {
		b.Context = "."
	}
	return b
}

// buildctl reads a build with the frontend for Containerfiles.
func buildctl(args []string) any {
	_, args = leading(args, []string{"--addr", "--tlscacert", "--tlscert", "--tlskey", "--timeout"})
	if len(args) == 0 || args[0] != "build" {
		return Housekeeping{}
	}
	o := parse(args[1:], []string{"--frontend", "--local", "--opt", "--output", "-o", "--import-cache", "--export-cache", "--secret", "--progress", "--metadata-file", "--ssh", "--allow", "--trace"})
	b := Build{Tool: "buildctl", Secrets: o.all("--secret"), HasCache: o.has("--import-cache", "--export-cache")}
	folder, file := "", "Dockerfile"
	for _, local := range o.pairs("--local") {
		switch local.Name {
		case "context":
			b.Context = local.Value
		case "dockerfile":
			folder = local.Value
		}
	}
	for _, option := range o.pairs("--opt") {
		name, isArg := strings.CutPrefix(option.Name, "build-arg:")
		switch {
		case isArg:
			b.Args = append(b.Args, Pair{name, option.Value, true})
		case option.Name == "filename":
			file = option.Value
		case option.Name == "target":
			b.Target = option.Value
		case option.Name == "platform":
			b.Platforms = commas([]string{option.Value})
		case strings.HasPrefix(option.Name, "label:"):
			b.Labels = append(b.Labels, Pair{strings.TrimPrefix(option.Name, "label:"), option.Value, true})
		default:
			b.Others = append(b.Others, option)
		}
	}
	b.Containerfile = strings.TrimSuffix(folder, "/") + "/" + file
	if folder == "" {
		b.Containerfile = file
	}
	for _, output := range o.all("-o", "--output") {
		b.output(output)
	}
	return b
}

// composeSilent are options of `docker compose build`, `push` and `up`, and of `docker buildx bake`, without an effect on images.
var composeSilent = slices.Concat(silent, []string{
	"-f", "--file", "--build", "--parallel", "--with-dependencies", "--include-deps", "--ignore-push-failures", "-d", "--detach", "--wait", "--force-recreate", "--remove-orphans", "--scale", "-t", "--timeout",
	"--allow", "--print", "--no-deps", "--ignore-buildable", "--no-start", "-V", "--abort-on-container-exit", "--exit-code-from", "--quiet-pull", "--no-color", "--attach", "--renew-anon-volumes",
})

// compose reads `docker compose build`, or `up --build`.
func compose(args []string) any {
	global, rest := leading(args, []string{"-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory", "--progress", "--ansi", "--parallel"})
	if len(rest) == 0 {
		return Housekeeping{}
	}
	o := parse(rest[1:], []string{"--build-arg", "-m", "--memory", "--progress", "--builder", "--ssh", "--scale", "-t", "--timeout", "--pull", "-e", "-u", "-w"})
	c := Compose{Files: global.all("-f", "--file"), Names: o.operands, Others: o.others(composeSilent)}
	switch rest[0] {
	case "build":
		c.IsPushed = o.has("--push")
		return c
	case "push":
		c.IsPushed = true
		return c
	case "up":
		if o.has("--build") {
			return c
		}
	case "run", "exec":
		return nil
	}
	return Housekeeping{}
}

func bake(args []string) any {
	o := parse(args, []string{"-f", "--file", "--set", "--progress", "--builder", "--metadata-file", "--allow", "--call", "--var", "--provenance", "--sbom"})
	return Compose{Files: o.all("-f", "--file"), Names: o.operands, IsBake: true, IsPushed: o.has("--push"), Others: o.others(composeSilent)}
}
