package schema

import "strings"

// The variables of a job are its only input, and labels describe an image.
// Both halves of stemma, the compiler that writes jobs and the commands that run in them, take the names from here.

// Variables of freedesktop's ci-templates, with the meaning that
// https://freedesktop.pages.freedesktop.org/ci-templates/templates-api.html gives them.
const (
	// VarDistributionName is the key of a distribution, "fedora".
	VarDistributionName = "FDO_DISTRIBUTION_NAME"
	// VarDistributionVersion is the version of the distribution's base image, "43".
	VarDistributionVersion = "FDO_DISTRIBUTION_VERSION"
	// VarDistributionTag is the tag of the image, required.
	VarDistributionTag = "FDO_DISTRIBUTION_TAG"
	// VarDistributionPackages holds the packages to install, separated by white space.
	VarDistributionPackages = "FDO_DISTRIBUTION_PACKAGES"
	// VarDistributionExec is a shell snippet that runs inside, in a clone of the project, after the packages.
	VarDistributionExec = "FDO_DISTRIBUTION_EXEC"
	// VarDistributionPostExec is a shell snippet that runs on the builder when the image is published; its $1 is the image.
	VarDistributionPostExec = "FDO_DISTRIBUTION_POST_EXEC"
	// VarCompressionFormat is how layers are compressed: "gzip", the default, or "zstd".
	VarCompressionFormat = "FDO_DISTRIBUTION_COMPRESSION_FORMAT"
	// VarCompressionLevel is how hard: 1 to 9 for gzip, 1 to 22 for zstd.
	VarCompressionLevel = "FDO_DISTRIBUTION_COMPRESSION_LEVEL"
	// VarDistributionEntrypoint is the entrypoint's path, or a JSON array of the entrypoint and its arguments.
	VarDistributionEntrypoint = "FDO_DISTRIBUTION_ENTRYPOINT"
	// VarDistributionWorkingDir is the working directory of the image.
	VarDistributionWorkingDir = "FDO_DISTRIBUTION_WORKINGDIR"
	// VarDistributionPlatform is the OCI platform to build for, "linux/arm64".
	VarDistributionPlatform = "FDO_DISTRIBUTION_PLATFORM"
	// VarDistributionImage is the full reference of the image, set by .fdo.distribution-image@ templates.
	VarDistributionImage = "FDO_DISTRIBUTION_IMAGE"
	// VarBaseImage is the reference to build from instead of the distribution's own base image; without a registry it is
	// looked for in the project's own first.
	VarBaseImage = "FDO_BASE_IMAGE"
	// VarRepoSuffix is the repository below the project's registry path, "rust" or "fedora/43".
	VarRepoSuffix = "FDO_REPO_SUFFIX"
	// VarUpstreamRepo is the GitLab project path whose registry is looked at before anything is built, or several of them
	// in the order in which they are asked.
	VarUpstreamRepo = "FDO_UPSTREAM_REPO"
	// VarForceRebuild, when not empty, builds the image even where it exists.
	VarForceRebuild = "FDO_FORCE_REBUILD"
	// VarExpiresAfter is a hint for the registry's cleanup: "1h", "2d", "3w".
	VarExpiresAfter = "FDO_EXPIRES_AFTER"
	// VarUser is the user that a container of the image starts as.
	VarUser = "FDO_USER"
	// VarCacheDir is the directory of the host that is mounted as /cache while the exec snippet runs.
	VarCacheDir = "FDO_CACHE_DIR"
)

// VarFoundRegistryImage is the registry path that ci-templates of 2026 find images at: that of the upstream project, until
// a build job names the project where the image is.
const VarFoundRegistryImage = "_FDO_CI_REGISTRY_IMAGE"

// Variables of stemma's own. Those that end in JSON text say so; GitLab does not expand them.
const (
	// VarRuntimeImage is the image that the jobs run in.
	VarRuntimeImage = "STEMMA_RUNTIME_IMAGE"
	// VarCLIImage is the image of jobs that need more than the commands of `stemma job`.
	VarCLIImage = "STEMMA_CLI_IMAGE"
	// VarAccessToken holds an access token of GitLab with the scope api, for what a job's own token may not do.
	VarAccessToken = "GITLAB_TOKEN"
	// VarImage is the image's name in its definition, "rust".
	VarImage = "STEMMA_IMAGE"
	// VarInputs is the hex SHA-256 over all inputs of the image. A content tag is the first
	// ContentTagLength characters of it.
	VarInputs = "STEMMA_INPUTS"
	// VarRecipe is the hash of the distribution's recipe that the job was compiled with.
	VarRecipe = "STEMMA_RECIPE"
	// VarDistributions are distributions of the project's own: a JSON object from names to recipes, as package schema has them.
	VarDistributions = "STEMMA_DISTRIBUTIONS"
	// VarParents lists the images that the image is built from, one per line: "name=reference" for an image
	// of the same project, "reference" for any other.
	VarParents = "STEMMA_PARENTS"
	// VarPlatforms lists the platforms of a multi-platform image, separated by commas. A job that has it and
	// VarDistributionPlatform builds one of them; a job that has only it joins them into an index.
	VarPlatforms = "STEMMA_PLATFORMS"
	// VarRebuild names the images to rebuild, separated by commas.
	VarRebuild = "STEMMA_REBUILD"
	// VarImages lists the names that VarRebuild may have, separated by commas. Linux passes at most 128 KiB in one variable, so
	// the rest of a longer list is in VarImages with "_2", "_3" and so on behind it.
	VarImages = "STEMMA_IMAGES"
	// VarPokedBy is the image whose rebuild started the pipeline: "group/project/image". VarWave is the id of the rebuild
	// wave that it belongs to, and VarWavePath the images that the wave has passed through, separated by commas, the first first.
	// Anyone who may start a pipeline sets them; package wave reads them.
	VarPokedBy  = "STEMMA_POKED_BY"
	VarWave     = "STEMMA_WAVE"
	VarWavePath = "STEMMA_WAVE_PATH"
	// VarTrialRebuild, when not empty, builds and tests every image from scratch, without tags for the results: a trial tells whether
	// everything that is downloaded still exists.
	VarTrialRebuild = "STEMMA_TRIAL_REBUILD"
	// VarCanary is the old name of VarTrialRebuild, which the next version does not read.
	VarCanary = "STEMMA_CANARY"
	// VarAutostart, when not empty, starts chains of images that wait for a play button otherwise.
	VarAutostart = "STEMMA_AUTOSTART"
	// VarEnv is the environment baked into the image: a JSON object of strings.
	VarEnv = "STEMMA_ENV"
	// VarLabels are the user's own labels: a JSON object of strings.
	VarLabels = "STEMMA_LABELS"
	// VarContainerfile is the path of the Containerfile to build, relative to the project.
	VarContainerfile = "STEMMA_CONTAINERFILE"
	// VarContext is the path of the build context, relative to the project.
	VarContext = "STEMMA_CONTEXT"
	// VarTarget is the stage of the Containerfile to build.
	VarTarget = "STEMMA_TARGET"
	// VarArgs are the build arguments: a JSON object of strings.
	VarArgs = "STEMMA_ARGS"
	// VarUsers are the users that the build makes: a JSON object from names to numbers.
	VarUsers = "STEMMA_USERS"
	// VarBuildProxy is the proxy of the build, and VarPackageProxy that of the package manager: "http://proxy.example.org:8080".
	VarBuildProxy   = "STEMMA_BUILD_PROXY"
	VarPackageProxy = "STEMMA_PACKAGE_PROXY"
	// VarLimits are what the build may use: the JSON of Limits.
	VarLimits = "STEMMA_LIMITS"
	// VarSecrets are the files that steps of a Containerfile may mount: a JSON array of Secret.
	VarSecrets = "STEMMA_SECRETS"
	// VarBuildCache, when not empty, keeps the layers of a Containerfile in the registry.
	VarBuildCache = "STEMMA_BUILD_CACHE"
	// VarChecks are conditions that the finished image must meet: the JSON of Checks.
	VarChecks = "STEMMA_CHECKS"
	// VarSnapshot makes a pipeline that of a snapshot, whose images all have the same end of their tags: "nightly" the day on
	// which the pipeline was made, and "snapshot" its second. They are never released.
	VarSnapshot = "STEMMA_SNAPSHOT"
	// VarParentSource is the CI_PIPELINE_SOURCE of the pipeline that started a child pipeline, which the child's rules ask for.
	VarParentSource = "STEMMA_PARENT_SOURCE"
	// VarParentPipeline is the CI_PIPELINE_ID of the pipeline that started a child pipeline. A child that is started again by an
	// older pipeline has a higher id than those of newer ones, so releases are ordered by the parent's.
	VarParentPipeline = "STEMMA_PARENT_PIPELINE"
	// VarContexts are the names of its own that the Containerfile has for images: a JSON object from names to references.
	VarContexts = "STEMMA_CONTEXTS"
	// VarFolders are the names of its own that the Containerfile has for folders: a JSON object from names to paths below the project.
	VarFolders = "STEMMA_FOLDERS"
	// VarSources are the files of other projects in the build context: a JSON array of Source.
	VarSources = "STEMMA_SOURCES"
	// VarTests are the image's tests: a JSON array of Test.
	VarTests = "STEMMA_TESTS"
	// VarImageReference is the image, pinned by its digest, for tests that run beside it.
	VarImageReference = "STEMMA_IMAGE_REFERENCE"
	// VarTest is one more test, a shell snippet, for jobs written by hand.
	VarTest = "STEMMA_TEST"
	// VarSetTag, when not empty, lets a verify job set the image's tag once its tests have passed. The build job has left the image
	// without a tag.
	VarSetTag = "STEMMA_SET_TAG"
	// VarRequiredTests are the keys of the tests that an image must have passed, separated by spaces; see TestKeys. Without
	// them a job releases the image, or pokes dependents, untested.
	VarRequiredTests = "STEMMA_REQUIRED_TESTS"
	// VarParentTests are the tests that parents of the same project must have passed: a JSON object from the names of
	// images to values of VarRequiredTests.
	VarParentTests = "STEMMA_PARENT_TESTS"
	// VarRelease are the release targets: a JSON array of ReleaseTarget.
	VarRelease = "STEMMA_RELEASE"
	// VarDependents are the projects to poke when the image was rebuilt: a JSON array of Dependent, or, for jobs written by
	// hand, lines that ParseDependents describes: "group/project@main NAME=value".
	VarDependents = "STEMMA_DEPENDENTS"
	// VarPublished, when not empty, says that other projects may use the image by its content tag.
	VarPublished = "STEMMA_PUBLISHED"
	// VarUpdates are the images that an update check looks at: a JSON array of UpdateTarget. A job with "parallel" looks at its
	// share of them.
	VarUpdates = "STEMMA_UPDATES"
	// VarUpdateResult names the file that the command of an UpdateTarget writes its verdict to.
	VarUpdateResult = "STEMMA_UPDATE_RESULT"
	// VarPrune are the images whose old content tags are deleted, separated by commas; VarKeep is how old these must be, "30d"; and
	// VarDryRun, when not empty, only says what would be deleted.
	VarPrune  = "STEMMA_PRUNE"
	VarKeep   = "STEMMA_KEEP"
	VarDryRun = "STEMMA_DRY_RUN"
	// VarInsecureRegistries lists registries that are reached over plain HTTP, host or host:port, separated by commas.
	// Registries on loopback always are.
	VarInsecureRegistries = "STEMMA_INSECURE_REGISTRIES"
	// VarTimeouts are limits of waiting for servers, such as "answer=2m upload=30m".
	VarTimeouts = "STEMMA_TIMEOUTS"
	// VarRegistryImage is the registry path at which the jobs after this one look for the image. Where it is not that of the
	// project, an image of an upstream project is used there and not copied.
	VarRegistryImage = "STEMMA_REGISTRY_IMAGE"
	// VarRegistryMirrors lists mirrors that parents are pulled from, separated by commas: "docker.io=registry.example.org/hub".
	VarRegistryMirrors = "STEMMA_REGISTRY_MIRRORS"
	// VarMirrors are the images that a mirror job copies: a JSON array of Mirror.
	VarMirrors = "STEMMA_MIRRORS"
	// VarMirrored lists the parents that the project has copies of, separated by commas, and where:
	// "docker.io/library/debian:trixie=registry.example.org/group/project/debian:trixie".
	VarMirrored = "STEMMA_MIRRORED"
	// VarIgnoreMissing, when not empty, leaves out packages that the distribution does not have.
	VarIgnoreMissing = "STEMMA_IGNORE_MISSING"
	// VarRetries is how often a package manager that fails is asked again, up to ten times.
	VarRetries = "STEMMA_RETRIES"
	// PrefixRef begins the dotenv variable that holds an image's full reference; see DotenvSuffix.
	PrefixRef = "STEMMA_REF_"
	// PrefixDigest begins the dotenv variable that holds an image's digest; see DotenvSuffix.
	PrefixDigest = "STEMMA_DIGEST_"
)

// ContentTagLength is how many characters of VarInputs make a content tag.
const ContentTagLength = 16

// DotenvFile is the dotenv report that a build job writes, in its working directory.
const DotenvFile = "stemma.env"

// ReleaseFile is the record that a release job writes, in its working directory: a JSON object of the pipeline's id and the tags that
// the job moved, each with the digests before and after. A runner may keep the directory for other pipelines.
const ReleaseFile = "stemma-release.json"

// UpdatesFile and UpdatesPage are the reports that an update check writes, in its working directory: JSON and Markdown.
const (
	UpdatesFile = "stemma-updates.json"
	UpdatesPage = "stemma-updates.md"
)

// AnnotationsFile is the annotations report that a poke job writes, in its working directory: a link per pipeline that it
// started.
const AnnotationsFile = "stemma-annotations.json"

// ExitOutside is the exit code of a command that failed because of something outside of the project, such as a registry or the network:
// another try may help.
const ExitOutside = 3

// The inputs of a pipeline that take the place of the variables where a project accepts no variables.
const (
	// InputRebuild takes the place of VarRebuild.
	InputRebuild = "rebuild"
	// InputPokedBy takes the place of VarPokedBy.
	InputPokedBy = "poked_by"
	// InputWave takes the place of VarWave.
	InputWave = "wave"
	// InputWavePath takes the place of VarWavePath.
	InputWavePath = "wave_path"
)

// PokePattern is what the value of each of these inputs, and of each variable that a poke sends, looks like: names of
// images and waves.
const PokePattern = `^[a-z0-9._/,@:-]*$`

// JUnitFile is the JUnit report that a verify job writes, in its working directory.
const JUnitFile = "stemma-verify.xml"

// Labels of freedesktop's ci-templates, in their spelling.
const (
	LabelPipelineID   = "fdo.pipeline_id"
	LabelJobID        = "fdo.job_id"
	LabelProject      = "fdo.project"
	LabelCommit       = "fdo.commit"
	LabelUpstreamRepo = "fdo.upstream-repo"
	LabelExpiresAfter = "fdo.expires-after"
)

// PrefixFailed begins the tag beside an image's own where failed rebuilds are remembered.
const PrefixFailed = "stemma-failed-"

// TagReleases is the tag of the record of an image's releases, beside the image's own tags, and TagPoked that of the record of the pokes
// about it. Releases by git tags, and by branches other than the default branch, have records of their own: a '-' and the name of the
// git tag or branch follow. No release may set these tags.
const (
	TagReleases = "stemma-release"
	TagPoked    = "stemma-poked"
)

// PrefixTested begins the tag of a record that an image passed tests after it was pushed: the key of the tests and the first 32
// hexadecimal digits of the image's digest follow. PrefixUntested begins the tag of a record about an image that was pushed and has no tag,
// because its tests failed or are not over; the tag that it will have follows.
const (
	PrefixTested   = "stemma-tested-"
	PrefixUntested = "stemma-untested-"
)

// PrefixReleased begins the tag of a record that other projects may use an image: the image's content tag follows.
const PrefixReleased = "stemma-released-"

// Labels of stemma's own.
const (
	// LabelTested are the keys of the tests that the image passed before it was pushed, separated by spaces; see TestKeys. On a
	// record, the image has passed them since.
	LabelTested = "stemma.tested"
	// LabelUntested is the digest of the image that a record beginning with PrefixUntested is about.
	LabelUntested = "stemma.untested"
	// LabelInputs is VarInputs of the job that built the image.
	LabelInputs = "stemma.inputs"
	// LabelImage is VarImage of the job that built the image.
	LabelImage = "stemma.image"
	// LabelParents is a JSON array of objects with "reference", "digest" and, for an image of the same project,
	// "name": what the image was built from.
	LabelParents = "stemma.parents"
	// LabelReason says why the image was built.
	LabelReason = "stemma.reason"
	// LabelWave is the id of the rebuild wave in which the image was built: VarWave, or "p" and the id of the pipeline where
	// a wave may begin.
	LabelWave = "stemma.wave"
	// LabelMoved is a JSON array of the parents that had other digests when the image before this one was built: objects with
	// "reference", "before", "after" and, for an image of the same project, "name".
	LabelMoved = "stemma.moved"
	// LabelFailed is a JSON object of the failures of rebuilds: "on", what they were built on, "failures" in
	// a row, and "last", when. It is a label of images without content whose tags begin with PrefixFailed.
	LabelFailed = "stemma.failed"
	// LabelRelease is a JSON object, the record of an image's releases, and LabelPoked that of the pokes about it. They are labels of
	// images without content under TagReleases and TagPoked; package internal/ci/record reads and writes them.
	LabelRelease = "stemma.release"
	LabelPoked   = "stemma.poked"
	// LabelDependents is a JSON array of the paths of the projects that are poked when the image was rebuilt.
	LabelDependents = "stemma.dependents"
)

// AnnotationPackages is an annotation of an image's manifest: the packages of the image, see package internal/platform/packages. It is no
// label, since images that other programs build on this one inherit its labels.
const AnnotationPackages = "stemma.packages"

// Labels of the OCI image specification, https://github.com/opencontainers/image-spec/blob/main/annotations.md.
const (
	LabelCreated    = "org.opencontainers.image.created"
	LabelSource     = "org.opencontainers.image.source"
	LabelVersion    = "org.opencontainers.image.version"
	LabelRevision   = "org.opencontainers.image.revision"
	LabelBaseName   = "org.opencontainers.image.base.name"
	LabelBaseDigest = "org.opencontainers.image.base.digest"
)

// ReservedLabelPrefixes begin the labels that only stemma sets; a parent's are never inherited.
func ReservedLabelPrefixes() []string {
	return []string{"fdo.", "stemma.", "org.opencontainers.image."}
}

// DotenvSuffix turns an image's name, with "@arch" for one platform of it, into the end of a variable's name:
// "base/rust@arm64" is "BASE_RUST_ARM64".
func DotenvSuffix(image string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		default:
			return '_'
		}
	}, image)
}

// Platform returns a platform with the name that images have for its architecture, where Linux has another.
func Platform(platform string) string {
	os, arch, ok := strings.Cut(platform, "/")
	if !ok {
		return platform
	}
	if name, ok := map[string]string{"x86_64": "amd64", "x86": "386", "i386": "386", "aarch64": "arm64"}[arch]; ok {
		arch = name
	}
	return os + "/" + arch
}

// Arch names a platform in jobs and variables: "linux/arm64" is "arm64", "linux/arm/v7" is "armv7".
func Arch(platform string) string {
	_, arch, _ := strings.Cut(platform, "/")
	return strings.ReplaceAll(arch, "/", "")
}

// DefaultTestTimeout is how many seconds a test may take that has no timeout of its own.
const DefaultTestTimeout = 3600

// Test is a command that checks a finished image.
type Test struct {
	Name string `json:"name"`
	// Run is a shell snippet.
	Run string `json:"run"`
	// Outside runs it beside the image, with VarImageReference in its environment.
	Outside bool `json:"outside,omitempty"`
	// Checkout lets a snippet inside the image start in a checkout of the project.
	Checkout bool `json:"checkout,omitempty"`
	// Timeout is how many seconds it may take; DefaultTestTimeout when zero.
	Timeout int `json:"timeout,omitempty"`
}

// Source is a folder of a build context with the files of another project.
type Source struct {
	// Project is its path on this GitLab, or URL the address of its repository.
	Project string `json:"project,omitempty" yaml:"project,omitempty"`
	URL     string `json:"url,omitempty" yaml:"url,omitempty"`
	// Ref is a branch, a tag or a commit; the default branch when empty.
	Ref string `json:"ref,omitempty" yaml:"ref,omitempty"`
	// Path is relative to the context.
	Path string `json:"path" yaml:"path"`
}

// Secret is a file that a step of a Containerfile finds where it mounts it by its id.
type Secret struct {
	ID string `json:"id"`
	// Variable is the name of the variable that holds it, or its path where IsFile is set.
	Variable string `json:"variable"`
	IsFile   bool   `json:"file,omitempty"`
}

// Mirror is an image from outside and where its copy goes.
type Mirror struct {
	// From is a reference with a tag, and with a digest where the lock pins it.
	From string `json:"from"`
	// Repository is below the project's registry path.
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
}

// Limits are what a build may use; sizes in bytes, zero for no limit.
type Limits struct {
	Memory     int64 `json:"memory,omitempty"`
	MemorySwap int64 `json:"memorySwap,omitempty"`
	// CPUShares is the weight of its processes, CPUSet the processors that it may use: "0-2,5".
	CPUShares int64  `json:"cpuShares,omitempty"`
	CPUSet    string `json:"cpuset,omitempty"`
}

// Checks are conditions that a finished image must meet.
type Checks struct {
	// MaxSize is the most bytes that its compressed layers may have together, zero for no limit.
	MaxSize int64 `json:"maxSize,omitempty"`
	// OCILayers says that all of them must be tar archives.
	OCILayers bool `json:"ociLayers,omitempty"`
}

// ReleaseTarget is a place that an image is released to.
type ReleaseTarget struct {
	// Repository is the image's own in the project's registry when empty.
	Repository string `json:"repository,omitempty"`
	// Tags may have {version}, {major} and {minor} in them: those are set by pipelines of git tags alone, which set no others.
	Tags []string `json:"tags"`
	// Username and Password name the variables that hold the credentials; both may be empty.
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
	// Repositories are those that the job may release to with these credentials; any without patterns.
	Repositories []RepositoryPattern `json:"repositories,omitempty"`
}

// UpdateTarget is an image that an update check looks at.
type UpdateTarget struct {
	// Image is its name in the definition, which VarRebuild takes.
	Image string `json:"image"`
	// Places are where it is, first the one that is built: "rust:0123456789abcdef" below the project's registry path, and
	// "docker.io/team/rust:latest" with a registry in front for a release.
	Places []UpdatePlace `json:"places"`
	// Platform is the one that is looked at of an image for several; any when empty.
	Platform string `json:"platform,omitempty"`
	// Base is the reference of the image that it begins with, for an image whose labels do not say it.
	Base string `json:"base,omitempty"`
	// Distribution is the key of the one whose package manager is asked for newer packages; nobody is asked when empty.
	Distribution string `json:"distribution,omitempty"`
	// Command is a shell snippet that runs as root in the image. It writes UPGRADE_NEEDED or NO_UPGRADE_NEEDED to the file
	// that VarUpdateResult names, and may add lines with a name, an old and a new version.
	Command string `json:"command,omitempty"`
}

// UpdatePlace is a reference of an image. Username and Password name the variables that hold the credentials; both may be
// empty.
type UpdatePlace struct {
	Reference string `json:"reference"`
	Username  string `json:"username,omitempty"`
	Password  string `json:"password,omitempty"`
}
