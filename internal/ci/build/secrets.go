package build

import (
	"fmt"
	"os"
	"strconv"

	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// secrets keeps what steps of a Containerfile may mount in files that only this user reads, and returns their paths by the ids of the
// secrets. One that is not set is left out: the Containerfile says which of them it requires. They are there until forgetSecrets.
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

// forgetSecrets ends the secrets of a build.
func (b *builder) forgetSecrets() {
	for _, forget := range b.forget {
		forget()
	}
	b.forget = nil
}
