package imagejobs

import (
	"cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
)

// options reports the options of a command that builds or pushes and that have no counterpart.
func (c *conversion) options(j *job, command script.Command, options []imagetool.Pair) {
	for _, option := range options {
		c.lost.Add(command.At, option.Name, cmp.Or(optionWhys[option.Name], "the build has no such option"), j.label)
	}
}

const (
	noAttestation = "a build makes no attestations, its labels say what the image was made of: make others in a job that needs the build"
	noFile        = "a build leaves no file: pull the image in the job that needs the file"
	noDigestFile  = "a build leaves no file: a job that needs it has the digest in `STEMMA_DIGEST_IMAGE`"
	noTrust       = "no build is told to trust a registry: add its certificate on the runners"
	noMirror      = "name mirrors in the configuration of the runners, or copy images with `mirrors`"
	noCachePlace  = "`build: {cache: true}` keeps layers in the project's registry"
	noSquash      = "a build has the layers of its Containerfile"
	noCompression = "the build chooses the compression of layers"
)

// optionWhys says of options why compiled jobs do not have them.
var optionWhys = map[string]string{
	"--sbom": noAttestation, "--provenance": noAttestation, "--attest": noAttestation,
	"--tar-path": noFile, "--tarPath": noFile, "--oci-layout-path": noFile,
	"--digest-file": noDigestFile, "--digestfile": noDigestFile, "--iidfile": noDigestFile, "--metadata-file": noDigestFile,
	"--image-name-with-digest-file": noDigestFile, "--image-name-tag-with-digest-file": noDigestFile,
	"--insecure": noTrust, "--insecure-pull": noTrust, "--insecure-registry": noTrust, "--skip-tls-verify": noTrust, "--skip-tls-verify-pull": noTrust,
	"--skip-tls-verify-registry": noTrust, "--tls-verify": noTrust, "--registry-certificate": noTrust, "--registry-client-cert": noTrust,
	"--registry-mirror": noMirror, "--registry-map": noMirror,
	"--cache-repo": noCachePlace, "--cache-dir": noCachePlace, "--cache-ttl": noCachePlace,
	"--squash": noSquash, "--squash-all": noSquash, "--single-snapshot": noSquash,
	"--compression": noCompression, "--compression-level": noCompression, "--compression-format": noCompression, "--force-compression": noCompression,
	"--build-arg": "only the job knows the argument: write it in `args`", "--set": "write what it changes in the definition", "--var": "write its value in the definition",
	"--sign-by": "sign the image in a job that needs the release",
}
