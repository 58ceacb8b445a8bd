package job

import (
	"fmt"
	"os"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// dotenv tells later jobs where the image is: two variables, which is all that a job may add without outranking the
// variables of others. An image without its tag is named by its digest.
func (b *builder) dotenv(digest oci.Digest, untagged bool) error {
	name := schema.DotenvSuffix(b.job.platformName(b.job.isPart()))
	content := fmt.Sprintf("%s%s=%s\n%s%s=%s\n", schema.PrefixRef, name, b.named(digest, untagged), schema.PrefixDigest, name, digest)
	if err := os.WriteFile(filepath.Join(b.Dir, schema.DotenvFile), []byte(content), 0o644); err != nil {
		return fmt.Errorf("write the results for later jobs: %w", err)
	}
	return nil
}

// named is how others may name the image: by its tag, or by its digest where no tag names it.
func (b *builder) named(digest oci.Digest, untagged bool) string {
	if untagged || b.job.isPart() {
		return b.job.Repository.At(digest).String()
	}
	return b.job.reference().String()
}
