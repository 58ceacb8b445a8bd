package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/store"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// isTerminal reports whether a stream is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}

// cacheFolder is where a project's images and logs are kept: in the user's cache, in a folder of the project's own. None of it lies in
// the project, where a Containerfile would copy it.
func (p *project) cacheFolder() (string, error) {
	base := p.getenv("XDG_CACHE_HOME")
	if base == "" {
		if p.getenv("HOME") == "" {
			return "", cli.UsageError{Err: errors.New("HOME is not set: it, or XDG_CACHE_HOME, says where images are kept")}
		}
		base = filepath.Join(p.getenv("HOME"), ".cache")
	}
	dir, err := filepath.Abs(p.dir)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(base, "stemma", filepath.Base(dir)+"-"+hex.EncodeToString(sum[:4])), nil
}

func openStore(cache string) (*store.Store, error) { return store.Open(filepath.Join(cache, "images")) }

// registriesHere is how registries are reached from a user's machine: as from a job, or else with the user's own logins. The
// connections are kept for all requests of a run.
func registryConfig(getenv func(string) string) (oci.Config, error) {
	config := jobenv.Registries(getenv)
	limits, err := network.ParseLimits(config.Timeouts)
	if err != nil {
		return config, cli.UsageError{Err: err}
	}
	transport := network.New(limits)
	transport.MaxIdleConnsPerHost = maxConnections
	config.Transport = transport
	if config.DockerAuth != "" {
		return config, nil
	}
	for _, file := range authFiles(getenv) {
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return config, fmt.Errorf("read the registries' credentials: %w", err)
		}
		config.DockerAuth = string(content)
		return config, nil
	}
	return config, nil
}

const maxConnections = 64

// authFiles are the files in which buildah, podman and docker keep credentials, in the order in which buildah looks.
func authFiles(getenv func(string) string) []string {
	var files []string
	add := func(variable, below string) {
		if folder := getenv(variable); folder != "" {
			files = append(files, filepath.Join(folder, below))
		}
	}
	add("REGISTRY_AUTH_FILE", "")
	add("XDG_RUNTIME_DIR", "containers/auth.json")
	add("XDG_CONFIG_HOME", "containers/auth.json")
	add("HOME", ".config/containers/auth.json")
	add("DOCKER_CONFIG", "config.json")
	add("HOME", ".docker/config.json")
	return files
}

// sources are the project's files as jobs see them.
type sources struct {
	project *project
	environ []string
}

func (s sources) repository() git.Repository {
	return git.Repository{Dir: s.project.dir, Environ: s.environ}
}

// variables are those of every job. A commit is named only where it has what is built.
func (s sources) variables(to destination) map[string]string {
	v := s.project.localVariables(to)
	ctx := s.project.ctx
	v["CI_SERVER_URL"] = s.server()
	if s.repository().CheckClean(ctx) != nil {
		return v
	}
	if sha, err := s.repository().Run(ctx, "rev-parse", "HEAD"); err == nil {
		v["CI_COMMIT_SHA"] = strings.TrimSpace(sha)
	}
	if branch, err := s.repository().Run(ctx, "symbolic-ref", "--short", "--quiet", "HEAD"); err == nil {
		v["CI_COMMIT_BRANCH"], v["CI_COMMIT_REF_NAME"] = strings.TrimSpace(branch), strings.TrimSpace(branch)
	}
	return v
}

// server is the GitLab that has the project, and others whose files its images are made of: that of the remote.
func (s sources) server() string {
	if server := s.project.getenv("CI_SERVER_URL"); server != "" {
		return server
	}
	remote, err := s.repository().Run(s.project.ctx, "remote", "get-url", "origin")
	if err != nil {
		return ""
	}
	return serverOf(strings.TrimSpace(remote))
}

// serverOf is the address of the GitLab of a remote: "git@gitlab.example.org:group/project.git", or a URL. It is empty for a folder.
func serverOf(remote string) string {
	if parsed, err := url.Parse(remote); err == nil && parsed.Hostname() != "" {
		if parsed.Scheme == "http" || parsed.Scheme == "https" {
			return parsed.Scheme + "://" + parsed.Host
		}
		return "https://" + parsed.Hostname()
	}
	host, path, isRemote := strings.Cut(remote, ":")
	if _, after, hasUser := strings.Cut(host, "@"); hasUser {
		host = after
	}
	if !isRemote || strings.Contains(host, "/") || strings.HasPrefix(path, "//") {
		return ""
	}
	return "https://" + host
}

// clone makes a checkout of the present commit with the files as they are now, changes that are not committed among them. Without git
// it is the files alone.
func (s sources) clone(ctx context.Context, log io.Writer, folder string) error {
	top, err := s.repository().Run(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return s.copy(folder)
	}
	prefix, err := s.repository().Prefix(ctx)
	if err != nil {
		return err
	}
	if _, err := s.repository().Run(ctx, "clone", "--quiet", "--depth=1", "--no-checkout", "file://"+strings.TrimSpace(top), folder); err != nil {
		fmt.Fprintf(log, "Warning: the snippet sees no history: %v.\n", err)
		return s.copy(folder)
	}
	if err := s.copy(filepath.Join(folder, filepath.FromSlash(path.Clean("./"+prefix)))); err != nil {
		return err
	}
	_, err = git.Repository{Dir: folder, Environ: s.environ}.Run(ctx, "reset", "--quiet")
	return err
}

func (s sources) copy(folder string) error {
	if err := os.CopyFS(folder, s.project.tree); err != nil {
		return fmt.Errorf("copy the project's files: %w", err)
	}
	return nil
}
