package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
	"gitlab.com/stemma-ci/stemma/schema"
)

// withSources returns the folder to build from: the build context itself, or a copy of it, below work, with the files of other
// projects in their folders.
func (b *builder) withSources(ctx context.Context, folder, work string) (string, error) {
	if len(b.job.Sources) == 0 {
		return folder, nil
	}
	copied := filepath.Join(work, "context")
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		return "", fmt.Errorf("copy the build context %s: %w", folder, err)
	}
	root, err := os.OpenRoot(copied)
	if err != nil {
		return "", fmt.Errorf("copy the build context %s: %w", folder, err)
	}
	defer root.Close()
	for _, source := range b.job.Sources {
		if err := b.fetchSource(ctx, root, source); err != nil {
			return "", err
		}
	}
	return copied, nil
}

// fetchSource puts the files of a source into its folder, which must not be there yet.
func (b *builder) fetchSource(ctx context.Context, root *os.Root, source schema.Source) error {
	if _, err := root.Lstat(source.Path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the build context has %s already: give the source another path", source.Path)
	}
	if err := root.MkdirAll(path.Dir(source.Path), 0o755); err != nil {
		return fmt.Errorf("make the folder of the source %s: %w", source.Path, err)
	}
	name, address := source.URL, source.URL
	if source.Project != "" {
		name, address = source.Project, b.projectAddress(source.Project)
	}
	ref := cmp.Or(source.Ref, "HEAD")
	b.Log.Printf("Fetch %s of %s.", ref, name)
	if err := b.Clone(ctx, address, ref, filepath.Join(root.Name(), filepath.FromSlash(source.Path))); err != nil {
		return fmt.Errorf("fetch the source %s of %s: %w", ref, name, err)
	}
	return nil
}

// projectAddress is the address of another project of this GitLab, with the job's token, which that project must allow:
// https://docs.gitlab.com/ci/jobs/ci_job_token/.
func (b *builder) projectAddress(project string) string {
	address := b.Getenv("CI_SERVER_URL") + "/" + project + ".git"
	parsed, err := url.Parse(address)
	if err != nil {
		return address
	}
	parsed.User = url.UserPassword("gitlab-ci-token", b.Getenv("CI_JOB_TOKEN"))
	return parsed.String()
}

// secrets writes the secrets that steps of a Containerfile may mount to files that only this user may read, and returns their paths by the
// ids of the secrets. It leaves out secrets that are not set: the Containerfile says which ones it requires. forgetSecrets removes the files.
func (b *builder) secrets(folder string) (map[string]string, error) {
	files := map[string]string{}
	for i, secret := range b.job.Secrets {
		content := []byte(b.Getenv(secret.Variable))
		if len(content) == 0 {
			b.Log.Printf("Warning: there is no secret %s: the variable %s is not set.", secret.ID, secret.Variable)
			continue
		}
		if secret.IsFile {
			var err error
			if content, err = os.ReadFile(string(content)); err != nil {
				return nil, fmt.Errorf("read the secret %s: the variable %s names no file: is its type File?", secret.ID, secret.Variable)
			}
		}
		path, forget, err := scratch.Secret(folder, "secret-"+strconv.Itoa(i), content)
		if err != nil {
			return nil, fmt.Errorf("keep the secret %s: %w", secret.ID, err)
		}
		b.forget = append(b.forget, forget)
		files[secret.ID] = path
	}
	return files, nil
}

// forgetSecrets removes the files with the secrets of a build.
func (b *builder) forgetSecrets() {
	for _, forget := range b.forget {
		forget()
	}
	b.forget = nil
}
