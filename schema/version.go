package schema

// Version is the version of stemma: a constant, so that every build of one source writes the same headers. `make generate` writes it to all
// other places that name it.
const Version = "0.1.0"

// CLIImage is the image of jobs that need more than the commands of `stemma job`, pinned by release.
const CLIImage = "registry.gitlab.com/stemma-ci/stemma/cli:" + Version

// RuntimeImage is the image that compiled jobs run in, pinned by release.
const RuntimeImage = "registry.gitlab.com/stemma-ci/stemma/runtime:" + Version

// Module is the path of the CUE module of this folder, without its major version.
const Module = "gitlab.com/stemma-ci/stemma/schema"
