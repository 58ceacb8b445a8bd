// Package imagetool reads the command lines of the programs that build, name and push images: docker, podman, buildah, kaniko,
// nerdctl, img, buildctl, skopeo and crane.
package imagetool

import (
	"path"
	"slices"
	"strings"
)

// Build is a command that builds an image. Paths and values are as written.
type Build struct {
	// Tool is the program, such as "docker".
	Tool string
	// Containerfile is empty if the command names none; "-" is the standard input.
	Containerfile, Context, Target string
	Args                           []Pair
	Labels                         []Pair
	// Contexts are the names that the Containerfile has for other images and folders.
	Contexts []Pair
	// Tags are all names that the image gets.
	Tags      []string
	Platforms []string
	Secrets   []string
	// IsPushed says that the image is pushed under all its names.
	IsPushed bool
	// HasCache says that layers come from a registry or go there.
	HasCache bool
	// CacheFrom are the images that layers come from.
	CacheFrom []string
	// Output is what is made instead of an image, such as "type=local,dest=out".
	Output string
	// Others are further options that change what is built or what the job gets, with their values.
	Others []Pair
}

// Pair is a name and a value. HasValue tells `--build-arg NAME` from `--build-arg NAME=`.
type Pair struct {
	Name, Value string
	HasValue    bool
}

// Name gives an image further names.
type Name struct {
	// Of are the images; several are joined to one for several platforms.
	Of       []string
	To       []string
	IsPushed bool
}

// Push pushes a name, or all names of a repository.
type Push struct {
	Name, To string
	IsAll    bool
	// Others are options that change what is pushed.
	Others []Pair
}

// Run runs an image.
type Run struct {
	Image, Entrypoint string
	Command           []string
	// IsPlain says that the container has only what the image has.
	IsPlain bool
}

// Login logs in to a registry; an empty one is Docker Hub.
type Login struct{ Registry, User, Password string }

// Compose builds services of a compose file, and Bake targets of a docker-bake file.
type Compose struct {
	Files    []string
	Names    []string
	IsBake   bool
	IsPushed bool
	// Others are options that change what is built.
	Others []Pair
}

// Housekeeping is a command that has no effect on an image, such as `docker info`.
type Housekeeping struct{}

// Read returns what a command line does: one of the types of this package, or nil.
func Read(args []string) any {
	if len(args) == 0 {
		return nil
	}
	switch name := path.Base(args[0]); name {
	case "docker", "podman", "nerdctl", "img", "docker.io":
		return client(name, args[1:])
	case "buildah":
		return buildah(args[1:])
	case "executor", "warp":
		if name == "executor" && len(args) > 1 || strings.Contains(args[0], "kaniko") {
			return kaniko(args[1:])
		}
	case "docker-compose", "podman-compose":
		return compose(args[1:])
	case "buildctl", "buildctl-daemonless.sh":
		return buildctl(args[1:])
	case "skopeo":
		return skopeo(args[1:])
	case "crane", "gcrane", "regctl":
		return crane(args[1:])
	case "dockerd", "dockerd-entrypoint.sh":
		return Housekeeping{}
	}
	return nil
}

// globals are the options of the clients before their commands that have a value.
var globals = []string{
	"--config", "-c", "--context", "-H", "--host", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey", "--root", "--runroot", "--storage-driver",
	"--storage-opt", "--url", "--connection", "--namespace", "-n", "--address", "-a", "--registries-conf", "--cgroup-manager", "--events-backend",
}

// client reads a command of docker or of a program with the same commands.
func client(tool string, args []string) any {
	_, args = leading(args, globals)
	if len(args) == 0 {
		return Housekeeping{}
	}
	command, rest := args[0], args[1:]
	switch command {
	case "image", "builder", "container", "buildx":
		if len(rest) == 0 {
			return Housekeeping{}
		}
		isBuildx := command == "buildx"
		if isBuildx {
			_, rest = leading(rest, []string{"--builder"})
		}
		if len(rest) == 0 {
			return Housekeeping{}
		}
		command, rest = rest[0], rest[1:]
		switch {
		case isBuildx && command == "imagetools":
			return imagetools(rest)
		case isBuildx && command == "bake":
			return bake(rest)
		case isBuildx && command != "build" && command != "b":
			return Housekeeping{}
		}
	case "manifest":
		return manifest(rest)
	case "compose":
		return compose(rest)
	}
	return simple(tool, command, rest)
}

// simple reads a command that has no commands below it.
func simple(tool, command string, rest []string) any {
	switch command {
	case "build", "b":
		return build(tool, rest)
	case "tag":
		o := parse(rest, nil)
		if len(o.operands) >= 2 {
			return Name{Of: o.operands[:1], To: o.operands[1:]}
		}
	case "push":
		return push(rest)
	case "run", "create":
		return run(rest)
	case "login":
		return login(rest)
	case "commit", "load", "import", "save", "cp", "exec", "export":
		return nil
	case "pull", "info", "version", "images", "ps", "logout", "rmi", "rm", "prune", "system", "inspect", "history", "context", "ls", "stop", "kill", "logs",
		"network", "volume", "--version", "-v", "search", "wait", "start", "scout", "unshare", "machine":
		return Housekeeping{}
	}
	return nil
}

// pushSilent are options of a push without an effect on what is pushed.
var pushSilent = []string{"-a", "--all-tags", "--all", "-q", "--quiet", "-D", "--debug", "--rm", "--authfile", "--creds", "--cert-dir", "--storage-driver", "--disable-content-trust", "--retry", "--retry-delay", "--format", "-f"}

// push reads the options of a push. podman and buildah can push to another name.
func push(rest []string) any {
	o := parse(rest, []string{"--authfile", "--creds", "--cert-dir", "--format", "-f", "--digestfile", "--compression-format", "--compression-level", "--sign-by", "--platform", "--storage-driver"})
	if len(o.operands) == 0 {
		return nil
	}
	p := Push{Name: o.operands[0], IsAll: o.has("-a", "--all-tags"), Others: o.others(pushSilent)}
	if len(o.operands) > 1 {
		p.To = withoutTransport(o.operands[1])
	}
	return p
}

// withoutTransport is a reference without the kind of its place, such as docker://.
func withoutTransport(name string) string {
	for _, prefix := range []string{"docker://", "docker-daemon:", "containers-storage:", "containers-storage://"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest
		}
	}
	return name
}

func login(rest []string) any {
	o := parse(rest, []string{"-u", "--username", "-p", "--password", "--authfile", "--cert-dir"})
	l := Login{User: o.get("-u", "--username"), Password: o.get("-p", "--password")}
	if len(o.operands) > 0 {
		l.Registry = o.operands[0]
	}
	return l
}

// plainOptions are options of `run` without an effect on what a container has.
var plainOptions = []string{"--rm", "-t", "-i", "-it", "-ti", "--tty", "--interactive", "--name", "--entrypoint", "--pull", "--platform", "--quiet", "-q"}

func run(rest []string) any {
	o := parseUntilOperand(rest, []string{
		"-v", "--volume", "-e", "--env", "--env-file", "--name", "--entrypoint", "-w", "--workdir", "-u", "--user", "--network", "--net", "-p", "--publish", "--mount", "--link",
		"-h", "--hostname", "-l", "--label", "-m", "--memory", "--cpus", "--add-host", "--cap-add", "--cap-drop", "--device", "--dns", "--expose", "--gpus", "--ip", "--ipc", "--log-driver",
		"--log-opt", "--network-alias", "--pid", "--platform", "--pull", "--restart", "--runtime", "--security-opt", "--shm-size", "--stop-timeout", "--tmpfs", "--ulimit", "--userns",
		"--volumes-from", "--cidfile", "--health-cmd", "--health-interval", "--health-retries", "--health-timeout",
	})
	if len(o.operands) == 0 {
		return nil
	}
	r := Run{Image: o.operands[0], Command: o.operands[1:], Entrypoint: o.get("--entrypoint"), IsPlain: true}
	for _, option := range o.list {
		r.IsPlain = r.IsPlain && slices.Contains(plainOptions, option.Name)
	}
	return r
}

// manifest reads `docker manifest`, which joins images.
func manifest(rest []string) any {
	if len(rest) == 0 {
		return nil
	}
	o := parse(rest[1:], []string{"--arch", "--os", "--variant", "--authfile", "--os-features", "--format", "-f"})
	switch {
	case rest[0] == "create" && len(o.operands) > 1:
		return Name{Of: o.operands[1:], To: o.operands[:1]}
	case rest[0] == "add" && len(o.operands) > 1:
		return Name{Of: o.operands[1:], To: o.operands[:1]}
	case rest[0] == "push" && len(o.operands) > 0:
		p := Push{Name: o.operands[0]}
		if len(o.operands) > 1 {
			p.To = withoutTransport(o.operands[1])
		}
		return p
	}
	return Housekeeping{}
}

// imagetools reads `docker buildx imagetools`.
func imagetools(rest []string) any {
	if len(rest) == 0 || rest[0] != "create" {
		return Housekeeping{}
	}
	o := parse(rest[1:], []string{"-t", "--tag", "-f", "--file", "--annotation", "--progress", "--builder"})
	return Name{Of: o.operands, To: o.all("-t", "--tag"), IsPushed: true}
}

func skopeo(args []string) any {
	_, args = leading(args, []string{"--command-timeout", "--policy", "--registries.d", "--override-arch", "--override-os", "--tmpdir"})
	if len(args) == 0 {
		return nil
	}
	o := parse(args[1:], []string{
		"--authfile", "--src-creds", "--dest-creds", "--src-authfile", "--dest-authfile", "--format", "-f", "--src-username", "--src-password", "--dest-username", "--dest-password",
		"--additional-tag", "--retry-times", "--multi-arch", "-u", "--username", "-p", "--password", "--src-registry-token", "--dest-registry-token",
	})
	switch {
	case args[0] == "copy" && len(o.operands) == 2:
		return Name{Of: []string{withoutTransport(o.operands[0])}, To: []string{withoutTransport(o.operands[1])}, IsPushed: true}
	case args[0] == "login":
		return login(args[1:])
	}
	return Housekeeping{}
}

func crane(args []string) any {
	o := parse(args, []string{"--platform", "-u", "--username", "-p", "--password"})
	if len(o.operands) > 1 && o.operands[0] == "image" { // regctl
		o.operands = o.operands[1:]
	}
	if len(o.operands) == 0 {
		return nil
	}
	switch command, rest := o.operands[0], o.operands[1:]; {
	case (command == "copy" || command == "cp") && len(rest) == 2:
		return Name{Of: rest[:1], To: rest[1:], IsPushed: true}
	case command == "tag" && len(rest) == 2:
		repository, _, _ := Cut(rest[0])
		return Name{Of: rest[:1], To: []string{repository + ":" + rest[1]}, IsPushed: true}
	case command == "auth" && len(rest) > 1 && rest[0] == "login":
		return Login{Registry: rest[1], User: o.get("-u", "--username"), Password: o.get("-p", "--password")}
	}
	return Housekeeping{}
}
