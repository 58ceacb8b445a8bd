package build

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// dotenv tells later jobs where the image is: two variables, which is all that a job may add without outranking the
// variables of others, and the registry path where the templates have one. An image without its tag is named by its digest.
func (b *builder) dotenv(at oci.Reference, digest oci.Digest) error {
	name := schema.DotenvSuffix(b.job.PlatformName(b.job.isPart()))
	content := fmt.Sprintf("%s%s=%s\n%s%s=%s\n", schema.PrefixRef, name, at, schema.PrefixDigest, name, digest)
	if b.Getenv(schema.VarFoundRegistryImage) != "" {
		content += schema.VarFoundRegistryImage + "=" + b.job.projectOf(at.Repository()) + "\n"
	}
	return b.Dir.Write(schema.DotenvFile, []byte(content))
}

// named is how others may name the image: by its tag, or by its digest where no tag names it.
func (b *builder) named(digest oci.Digest, untagged bool) oci.Reference {
	if untagged || b.job.isPart() {
		return b.job.Repository.At(digest)
	}
	return b.job.Reference()
}
