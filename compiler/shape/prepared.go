// Code generated from schema/*.cue by `make generate`. DO NOT EDIT.

package shape

import "gitlab.com/stemma-ci/stemma/compiler/tree"

var scalarAbsolutePath = Scalar{Kind: tree.String, Say: "a working directory is an absolute path", Patterns: []Pattern{{Text: "^/[^\\x00-\\x1f]{0,1000}$", Runs: []Run{{Class: []rune{'/', '/'}, Min: 1, Max: 1}, {Class: []rune{' ', '\U0010ffff'}, Min: 0, Max: 1000}}}}}

var scalarArtifactsWhen = Scalar{Kind: tree.String, Values: []string{"always"}}

var scalarText = Scalar{Kind: tree.String, Say: "it may not be empty", Patterns: []Pattern{{Text: "\\S"}}}

var scalarPath = Scalar{Kind: tree.String, Say: "a path is relative to the project's root, with '/' between its parts and no control characters", Patterns: []Pattern{{Text: "^[^\\x00-\\x1f\\\\]{1,1000}$", Runs: []Run{{Class: []rune{' ', '[', ']', '\U0010ffff'}, Min: 1, Max: 1000}}}}}

var objectArtifactsReports = Object{Fields: []Field{
	{Name: "dotenv", Shape: &Shape{Scalar: &scalarPath}},
	{Name: "junit", Shape: &Shape{Scalar: &scalarPath}},
	{Name: "codequality", Shape: &Shape{Scalar: &scalarPath}},
	{Name: "annotations", Shape: &Shape{Scalar: &scalarPath}},
},
}

var objectArtifacts = Object{Fields: []Field{
	{Name: "when", Shape: &Shape{Scalar: &scalarArtifactsWhen}},
	{Name: "expose_as", Shape: &Shape{Doc: "The text of a link in the merge request, https://docs.gitlab.com/ci/yaml/#artifactsexpose_as.\n", Scalar: &scalarText}},
	{Name: "paths", Shape: &Shape{Item: &Shape{Scalar: &scalarPath}}},
	{Name: "reports", Shape: &Shape{Object: &objectArtifactsReports}},
},
}

var scalarBase = Scalar{Kind: tree.String, Say: "a base is the name of an image or a reference such as 'docker.io/library/debian:trixie'", Patterns: []Pattern{{Text: "^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}$", Runs: []Run{{Class: []rune{'0', '9', 'A', 'Z', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'-', ':', '@', 'Z', '_', '_', 'a', 'z'}, Min: 0, Max: 511}}}}}

var scalarVariableName = Scalar{Kind: tree.String, Say: "the name of a variable has letters, digits and '_', and does not begin with a digit", Patterns: []Pattern{{Text: "^[A-Za-z_][A-Za-z0-9_]{0,254}$", Runs: []Run{{Class: []rune{'A', 'Z', '_', '_', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 0, Max: 254}}}}}

var scalarBuildEnvValue = Scalar{Kind: tree.String}

var objectBuildEnv = Object{Key: &Shape{Scalar: &scalarVariableName},
	Value: &Shape{Scalar: &scalarBuildEnvValue},
}

var scalarSecretID = Scalar{Kind: tree.String, Say: "the id of a secret has letters, digits, '_', '.' and '-', at most 128 of them", Patterns: []Pattern{{Text: "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", Runs: []Run{{Class: []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'-', '.', '0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 0, Max: 127}}}}}

var objectSecretFile = Object{Fields: []Field{
	{Name: "file", Required: true, Shape: &Shape{Doc: "The variable's name.\n", Scalar: &scalarVariableName}},
},
}

var objectBuildSecrets = Object{Key: &Shape{Scalar: &scalarSecretID},
	Value: &Shape{Scalar: &scalarVariableName, Object: &objectSecretFile},
}

var scalarTimeout = Scalar{Kind: tree.String, Say: "a timeout is a number of minutes or hours, at most 720 hours: 90m, 2h", Patterns: []Pattern{{Text: "^([1-9][0-9]{0,3}m|([1-9]|[1-9][0-9]|[1-6][0-9]{2}|7[01][0-9]|720)h)$"}}}

var scalarBuildCache = Scalar{Kind: tree.Bool}

var objectBuild = Object{Fields: []Field{
	{Name: "env", Also: []string{"environment"}, Shape: &Shape{Doc: "Variables of the build job alone: exec and buildah see them, and the image does not keep them.\n", Object: &objectBuildEnv}},
	{Name: "secrets", Shape: &Shape{Doc: "What RUN --mount=type=secret of the Containerfile finds, by id: the CI variable that holds it, whose value is never here.\n", Object: &objectBuildSecrets}},
	{Name: "timeout", Shape: &Shape{Doc: "How long a build may take, its tests not counted; as long as the project allows a job unless set.\n", Scalar: &scalarTimeout}},
	{Name: "cache", Shape: &Shape{Doc: "Whether the layers of a Containerfile are kept in the registry, for the next build: a branch reads its own and those of the\ndefault branch, and writes its own.\n", Scalar: &scalarBuildCache}},
},
}

var scalarCPUSet = Scalar{Kind: tree.String, Say: "processors are numbers and ranges of them: 0-2,5", Patterns: []Pattern{{Text: "^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$"}}}

var scalarChangedFiles = Scalar{Kind: tree.String, Say: "a pattern is relative to the project's root, without control characters", Patterns: []Pattern{{Text: "^[^\\x00-\\x1f]+$", Runs: []Run{{Class: []rune{' ', '\U0010ffff'}, Min: 1, Max: -1}}}}}

var scalarSize = Scalar{Kind: tree.String, Say: "a size is a number with a unit, kB, MB, GB, KiB, MiB or GiB: 500MB", Patterns: []Pattern{{Text: "^[1-9][0-9]{0,8}(kB|MB|GB|KiB|MiB|GiB)$"}}}

var objectChecks = Object{Fields: []Field{
	{Name: "maxSize", Shape: &Shape{Doc: "The most that its compressed layers may have together.\n", Scalar: &scalarSize}},
	{Name: "ociLayers", Shape: &Shape{Doc: "Whether all of its layers must be tar archives, which every runtime can unpack.\n", Scalar: &scalarBuildCache}},
},
}

var scalarInputName = Scalar{Kind: tree.String, Say: "the name of an input has letters, digits, '_' and '-'", Patterns: []Pattern{{Text: "^[a-zA-Z0-9_-]+$", Runs: []Run{{Class: []rune{'-', '-', '0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 1, Max: -1}}}}}

var scalarComponentInputType = Scalar{Kind: tree.String, Values: []string{"array"}}

var objectComponentInput = Object{Fields: []Field{
	{Name: "description", Required: true, Shape: &Shape{Scalar: &scalarBuildEnvValue}},
	{Name: "type", Shape: &Shape{Scalar: &scalarComponentInputType}},
	{Name: "default", Shape: &Shape{Scalar: &scalarBuildEnvValue, Item: &Shape{Scalar: &scalarBuildEnvValue}}},
	{Name: "regex", Shape: &Shape{Scalar: &scalarBuildEnvValue}},
	{Name: "options", Shape: &Shape{Item: &Shape{Scalar: &scalarBuildEnvValue}}},
},
}

var objectComponentInputs = Object{Key: &Shape{Scalar: &scalarInputName},
	Value: &Shape{Object: &objectComponentInput},
}

var scalarJobName = Scalar{Kind: tree.String, Say: "a job's name is one line of at most 255 characters", Patterns: []Pattern{{Text: "^[^\\x00-\\x1f]{1,255}$", Runs: []Run{{Class: []rune{' ', '\U0010ffff'}, Min: 1, Max: 255}}}}}

var scalarJobStage = Scalar{Kind: tree.String, Say: "a stage is one line of at most 255 characters", Patterns: []Pattern{{Text: "^[^\\x00-\\x1f]{1,255}$", Runs: []Run{{Class: []rune{' ', '\U0010ffff'}, Min: 1, Max: 255}}}}}

var objectJobImage = Object{Fields: []Field{
	{Name: "name", Required: true, Shape: &Shape{Scalar: &scalarBuildEnvValue}},
	{Name: "entrypoint", Required: true, Shape: &Shape{Item: &Shape{Scalar: &scalarBuildEnvValue}}},
},
}

var scalarJobInheritDefault = Scalar{Kind: tree.Bool, Values: []string{"false"}}

var scalarJobInheritDefaultItem = Scalar{Kind: tree.String, Values: []string{"tags"}}

var objectJobInherit = Object{Fields: []Field{
	{Name: "default", Required: true, Shape: &Shape{Doc: "A list names the defaults that the job keeps, https://docs.gitlab.com/ci/yaml/#inheritdefault.\n", Scalar: &scalarJobInheritDefault, Item: &Shape{Scalar: &scalarJobInheritDefaultItem}}},
	{Name: "variables", Required: true, Shape: &Shape{Item: &Shape{Scalar: &scalarVariableName}}},
},
}

var scalarRunnerTag = Scalar{Kind: tree.String, Say: "a runner tag has at most 255 characters, on one line", Patterns: []Pattern{{Text: "^[^\\x00-\\x1f]{1,255}$", Runs: []Run{{Class: []rune{' ', '\U0010ffff'}, Min: 1, Max: 255}}}}}

var scalarNeedOptional = Scalar{Kind: tree.Bool, Values: []string{"true"}}

var objectNeed = Object{Fields: []Field{
	{Name: "job", Required: true, Shape: &Shape{Scalar: &scalarJobName}},
	{Name: "optional", Shape: &Shape{Scalar: &scalarNeedOptional}},
},
}

var scalarRuleWhen = Scalar{Kind: tree.String, Values: []string{"on_success", "manual", "never"}}

var objectRule = Object{Fields: []Field{
	{Name: "if", Shape: &Shape{Scalar: &scalarText}},
	{Name: "changes", Shape: &Shape{Item: &Shape{Scalar: &scalarChangedFiles}}},
	{Name: "when", Shape: &Shape{Scalar: &scalarRuleWhen}},
	{Name: "allow_failure", Shape: &Shape{Scalar: &scalarBuildCache}},
	{Name: "variables", Shape: &Shape{Object: &objectBuildEnv}},
},
}

var objectLiteralVariable = Object{Fields: []Field{
	{Name: "value", Required: true, Shape: &Shape{Scalar: &scalarBuildEnvValue}},
	{Name: "expand", Required: true, Shape: &Shape{Scalar: &scalarJobInheritDefault}},
},
}

var objectJobVariables = Object{Key: &Shape{Scalar: &scalarVariableName},
	Value: &Shape{Scalar: &scalarBuildEnvValue, Object: &objectLiteralVariable},
}

var objectTriggerIncludeInputs = Object{Key: &Shape{Scalar: &scalarInputName},
	Value: &Shape{Scalar: &scalarBuildEnvValue},
}

var objectTriggerInclude = Object{Fields: []Field{
	{Name: "local", Required: true, Shape: &Shape{Scalar: &scalarText}},
	{Name: "inputs", Shape: &Shape{Object: &objectTriggerIncludeInputs}},
},
}

var scalarTriggerStrategy = Scalar{Kind: tree.String, Values: []string{"mirror", "depend"}}

var objectTriggerForward = Object{Fields: []Field{
	{Name: "pipeline_variables", Required: true, Shape: &Shape{Scalar: &scalarNeedOptional}},
},
}

var objectTrigger = Object{Fields: []Field{
	{Name: "include", Shape: &Shape{Item: &Shape{Object: &objectTriggerInclude}}},
	{Name: "strategy", Shape: &Shape{Scalar: &scalarTriggerStrategy}},
	{Name: "forward", Shape: &Shape{Object: &objectTriggerForward}},
},
}

var scalarJobRetryMax = Scalar{Kind: tree.Int, Values: []string{"1", "2"}}

var scalarJobRetryWhenItem = Scalar{Kind: tree.String, Values: []string{"runner_system_failure", "stuck_or_timeout_failure"}}

var scalarJobRetryExit_codesItem = Scalar{Kind: tree.Int, Values: []string{"3"}}

var objectJobRetry = Object{Fields: []Field{
	{Name: "max", Required: true, Shape: &Shape{Scalar: &scalarJobRetryMax}},
	{Name: "when", Required: true, Shape: &Shape{Item: &Shape{Scalar: &scalarJobRetryWhenItem}}},
	{Name: "exit_codes", Shape: &Shape{Item: &Shape{Scalar: &scalarJobRetryExit_codesItem}}},
},
}

var objectJob = Object{Fields: []Field{
	{Name: "extends", Shape: &Shape{Scalar: &scalarJobName, Item: &Shape{Scalar: &scalarJobName}}},
	{Name: "stage", Shape: &Shape{Scalar: &scalarJobStage}},
	{Name: "image", Shape: &Shape{Scalar: &scalarBuildEnvValue, Object: &objectJobImage}},
	{Name: "inherit", Shape: &Shape{Object: &objectJobInherit}},
	{Name: "tags", Shape: &Shape{Item: &Shape{Scalar: &scalarRunnerTag}}},
	{Name: "needs", Shape: &Shape{Item: &Shape{Scalar: &scalarJobName, Object: &objectNeed}}},
	{Name: "rules", Shape: &Shape{Item: &Shape{Object: &objectRule}}},
	{Name: "variables", Shape: &Shape{Object: &objectJobVariables}},
	{Name: "script", Shape: &Shape{Item: &Shape{Scalar: &scalarText}}},
	{Name: "artifacts", Shape: &Shape{Object: &objectArtifacts}},
	{Name: "allow_failure", Shape: &Shape{Scalar: &scalarNeedOptional}},
	{Name: "interruptible", Shape: &Shape{Scalar: &scalarBuildCache}},
	{Name: "timeout", Shape: &Shape{Scalar: &scalarText}},
	{Name: "trigger", Shape: &Shape{Object: &objectTrigger}},
	{Name: "resource_group", Shape: &Shape{Doc: "Jobs of one group run one after the other, https://docs.gitlab.com/ci/resource_groups/.\n", Scalar: &scalarText}},
	{Name: "retry", Shape: &Shape{Object: &objectJobRetry}},
},
}

var objectComponentJobs = Object{Key: &Shape{Scalar: &scalarJobName},
	Value: &Shape{Object: &objectJob},
}

var objectComponent = Object{Fields: []Field{
	{Name: "description", Required: true, Shape: &Shape{Doc: "What the catalog shows of it.\n", Scalar: &scalarBuildEnvValue}},
	{Name: "inputs", Shape: &Shape{Doc: "Its inputs, by name.\n", Object: &objectComponentInputs}},
	{Name: "variables", Shape: &Shape{Doc: "Variables of the whole pipeline, which those that a project sets outrank.\n", Object: &objectBuildEnv}},
	{Name: "jobs", Required: true, Shape: &Shape{Doc: "Its jobs, by name.\n", Object: &objectComponentJobs}},
},
}

var objectComponentsComponents = Object{Key: &Shape{Scalar: &scalarInputName},
	Value: &Shape{Object: &objectComponent},
}

var objectComponents = Object{Fields: []Field{
	{Name: "components", Required: true, Shape: &Shape{Doc: "A file of components/ that holds several components, by name.\n", Object: &objectComponentsComponents}},
},
}

var scalarDate = Scalar{Kind: tree.String, Say: "a date is year, month and day, such as 2027-01-31", Patterns: []Pattern{{Text: "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}}}

var scalarVersion = Scalar{Kind: tree.String, Say: "a version has letters, digits, '_', '.' and '-', at most 128 of them, and begins with a letter or digit", Patterns: []Pattern{{Text: "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", Runs: []Run{{Class: []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'-', '.', '0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 0, Max: 127}}}}}

var scalarPlatform = Scalar{Kind: tree.String, Say: "a platform is 'os/arch' or 'os/arch/variant', such as linux/amd64 or linux/arm/v7", Patterns: []Pattern{{Text: "^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?$"}}}

var scalarRunnerKey = Scalar{Kind: tree.String, Say: "runners are for a platform such as linux/arm64, or the \"default\" of all other jobs", Patterns: []Pattern{{Text: "^(default|[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?)$"}}}

var objectDefaultsRunners = Object{Key: &Shape{Scalar: &scalarRunnerKey},
	Value: &Shape{Item: &Shape{Scalar: &scalarRunnerTag}},
}

var scalarRepository = Scalar{Kind: tree.String, Say: "a repository is 'registry/path' in lower case, without a tag", Patterns: []Pattern{{Text: "^((localhost|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+)(:[0-9]+)?|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?:[0-9]+|[a-z0-9]+((__?|-+)[a-z0-9]+)*)(/[a-z0-9]+((\\.|__?|-+)[a-z0-9]+)*)+$"}}}

var scalarReleaseTag = Scalar{Kind: tree.String, Say: "a tag has letters, digits, '_', '.' and '-', at most 128 of them, does not begin with '.' or '-', and may have {version}, {major} and {minor} in it, or {tag}", Patterns: []Pattern{{Text: "^([A-Za-z0-9_]|\\{(version|major|minor|tag)\\})([A-Za-z0-9_.-]|\\{(version|major|minor|tag)\\}){0,127}$"}}}

var scalarRepositoryPattern = Scalar{Kind: tree.String, Say: "a pattern of repositories begins with a registry, such as docker.io/team/*", Patterns: []Pattern{{Text: "^(localhost|[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+|[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*:[0-9]+)(:[0-9]+)?(/[a-z0-9._*-]+)+$"}}}

var objectReleaseCredentials = Object{Fields: []Field{
	{Name: "username", Required: true, Shape: &Shape{Doc: "The name of the variable that holds the user.\n", Scalar: &scalarVariableName}},
	{Name: "password", Required: true, Shape: &Shape{Doc: "The name of the variable that holds the password.\n", Scalar: &scalarVariableName}},
	{Name: "repositories", Shape: &Shape{Doc: "The repositories that they may write to, in all releases with the same password: patterns such as docker.io/team/*, in which * is any part of\na component of the path, and ** any number of components.\n", Item: &Shape{Scalar: &scalarRepositoryPattern}}},
},
}

var objectRelease = Object{Fields: []Field{
	{Name: "repository", Shape: &Shape{Doc: "The repository; the image's own in the project's registry when absent.\n", Scalar: &scalarRepository}},
	{Name: "tags", Required: true, Shape: &Shape{Doc: "The tags to set there from the default branch; {tag} is the image's own. Tags made of {version}, {major} and {minor} are set by pipelines of git tags\nsuch as v1.2.3 instead; those of a pre-release set only tags with {version}.\n", Item: &Shape{Scalar: &scalarReleaseTag}}},
	{Name: "credentials", Shape: &Shape{Doc: "The names of the CI variables that hold the registry's user and password.\n", Object: &objectReleaseCredentials}},
},
}

var scalarUpdatesBase = Scalar{Kind: tree.String, Values: []string{"poll"}}

var scalarUpdatesVia = Scalar{Kind: tree.String, Values: []string{"merge-request"}}

var objectUpdates = Object{Fields: []Field{
	{Name: "packages", Shape: &Shape{Doc: "Whether to ask the package manager for newer packages.\n", Scalar: &scalarBuildCache}},
	{Name: "command", Shape: &Shape{Doc: "A shell snippet that looks for updates inside the image, and writes UPGRADE_NEEDED or NO_UPGRADE_NEEDED to the file that\nSTEMMA_UPDATE_RESULT names.\n", Scalar: &scalarBuildEnvValue}},
	{Name: "base", Shape: &Shape{Doc: "\"poll\" to compare the digests of parents with the registry's, as every check does; the key alone is enough.\n", Scalar: &scalarUpdatesBase}},
	{Name: "via", Shape: &Shape{Doc: "\"merge-request\" to open a merge request, or refresh it, when a parent that the lock pins has a newer digest; it needs an\naccess token in the variable GITLAB_TOKEN.\n", Scalar: &scalarUpdatesVia}},
	{Name: "schedule", Shape: &Shape{Doc: "Whether the image takes part; false for one that defaults would include.\n", Scalar: &scalarBuildCache}},
},
}

var scalarDuration = Scalar{Kind: tree.String, Say: "a duration is a number of hours, days or weeks: 12h, 90d, 3w", Patterns: []Pattern{{Text: "^[1-9][0-9]{0,4}[hdw]$", Runs: []Run{{Class: []rune{'1', '9'}, Min: 1, Max: 1}, {Class: []rune{'0', '9'}, Min: 0, Max: 4}, {Class: []rune{'d', 'd', 'h', 'h', 'w', 'w'}, Min: 1, Max: 1}}}}}

var scalarLabelName = Scalar{Kind: tree.String, Say: "the name of a label has letters, digits, '.', '_', '/' and '-', and ends with a letter or digit", Patterns: []Pattern{{Text: "^[a-z0-9A-Z]([a-zA-Z0-9._/-]*[a-zA-Z0-9])?$"}, {Text: "^.{1,255}$", Runs: []Run{{Class: []rune{'\x00', '\t', '\v', '\U0010ffff'}, Min: 1, Max: 255}}}}}

var objectDefaultsLabels = Object{Key: &Shape{Scalar: &scalarLabelName},
	Value: &Shape{Scalar: &scalarBuildEnvValue},
}

var scalarUser = Scalar{Kind: tree.String, Say: "a user is a name or a number, with ':group' where wanted", Patterns: []Pattern{{Text: "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?$"}}}

var scalarUserName = Scalar{Kind: tree.String, Say: "the name of a user has lower-case letters, digits, '_' and '-', at most 32 of them, and begins with a letter or '_'", Patterns: []Pattern{{Text: "^[a-z_][a-z0-9_-]{0,31}$", Runs: []Run{{Class: []rune{'_', '_', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'-', '-', '0', '9', '_', '_', 'a', 'z'}, Min: 0, Max: 31}}}}}

var scalarUID = Scalar{Kind: tree.Int, Say: "the number of a user is from 0 to 4294967294", Range: &Range{Min: 0, Max: 4294967294}}

var objectDefaultsUsers = Object{Key: &Shape{Scalar: &scalarUserName},
	Value: &Shape{Scalar: &scalarUID},
}

var scalarProxyURL = Scalar{Kind: tree.String, Say: "a proxy is an address such as http://proxy.example.org:8080, without a user or password", Patterns: []Pattern{{Text: "^https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/?$"}}}

var objectProxy = Object{Fields: []Field{
	{Name: "build", Shape: &Shape{Doc: "For all that a build does.\n", Scalar: &scalarProxyURL}},
	{Name: "packages", Shape: &Shape{Doc: "For the package manager alone.\n", Scalar: &scalarProxyURL}},
},
}

var scalarShares = Scalar{Kind: tree.Int, Say: "the weight of a build is a number from 2 to 262144", Range: &Range{Min: 2, Max: 262144}}

var objectLimits = Object{Fields: []Field{
	{Name: "memory", Shape: &Shape{Doc: "The most memory.\n", Scalar: &scalarSize}},
	{Name: "memorySwap", Also: []string{"memswap"}, Shape: &Shape{Doc: "The most memory and swap space together.\n", Scalar: &scalarSize}},
	{Name: "cpuShares", Also: []string{"cpushares"}, Shape: &Shape{Doc: "The weight of its processes; other containers have 1024.\n", Scalar: &scalarShares}},
	{Name: "cpuset", Also: []string{"cpusetcpus"}, Shape: &Shape{Doc: "The processors that it may use: \"0-2\", \"1,3\".\n", Scalar: &scalarCPUSet}},
},
}

var scalarStageName = Scalar{Kind: tree.String, Say: "a stage of a pipeline has at most 255 characters, on one line, without '$'", Patterns: []Pattern{{Text: "^[^\\x00-\\x1f$]{1,255}$", Runs: []Run{{Class: []rune{' ', '#', '%', '\U0010ffff'}, Min: 1, Max: 255}}}}}

var objectStages = Object{Fields: []Field{
	{Name: "build", Shape: &Shape{Doc: "Where it is built; \"build\" unless set.\n", Scalar: &scalarStageName}},
	{Name: "test", Shape: &Shape{Doc: "Where tests run that need a job of their own, those with `outside: true`; where it is built unless set.\n", Scalar: &scalarStageName}},
	{Name: "deploy", Shape: &Shape{Doc: "Where it is released; \"deploy\" unless set.\n", Scalar: &scalarStageName}},
},
}

var scalarDefaultsManual = Scalar{Kind: tree.String, Values: []string{"false", "start", "rebuild", "blocking", "true"}, HasBools: true}

var scalarDefaultsByHand = Scalar{Kind: tree.String, Values: []string{"rebuild"}}

var objectDefaults = Object{Fields: []Field{
	{Name: "distribution", Shape: &Shape{Doc: "What the base image runs on, one of stemma's or of `distributions`.\n", Scalar: &scalarBuildEnvValue}},
	{Name: "version", Shape: &Shape{Doc: "The version of the distribution's base image.\n", Scalar: &scalarVersion}},
	{Name: "platforms", Also: []string{"platform", "arch", "architectures"}, Shape: &Shape{Doc: "The platforms to build for; the runner's own when absent.\n", Item: &Shape{Scalar: &scalarPlatform}}},
	{Name: "runners", Also: []string{"runner_tags"}, Shape: &Shape{Doc: "The runner tags of the jobs that build and test for a platform. Those of \"default\" are for all other jobs, and for platforms without\ntags of their own; without them jobs have the default tags of the project.\n", Object: &objectDefaultsRunners}},
	{Name: "release", Shape: &Shape{Doc: "Where images go from the default branch.\n", Item: &Shape{Object: &objectRelease}}},
	{Name: "updates", Shape: &Shape{Doc: "What the scheduled update check looks at.\n", Object: &objectUpdates}},
	{Name: "expires", Shape: &Shape{Doc: "How long images need be kept.\n", Scalar: &scalarDuration}},
	{Name: "labels", Shape: &Shape{Doc: "Labels of the images.\n", Object: &objectDefaultsLabels}},
	{Name: "env", Also: []string{"environment", "variables"}, Shape: &Shape{Doc: "Environment of the images.\n", Object: &objectBuildEnv}},
	{Name: "user", Shape: &Shape{Doc: "The user that containers of the images start as.\n", Scalar: &scalarUser}},
	{Name: "build", Shape: &Shape{Doc: "How they are built.\n", Object: &objectBuild}},
	{Name: "users", Shape: &Shape{Doc: "The numbers of users by their names. An image without a containerfile has them, `user` may name them, and the last USER of a\nContainerfile must be a number.\n", Object: &objectDefaultsUsers}},
	{Name: "proxy", Shape: &Shape{Doc: "The proxies of the build; they are not part of the tag.\n", Object: &objectProxy}},
	{Name: "limits", Also: []string{"container_limits"}, Shape: &Shape{Doc: "What a build may use; it is not part of the tag.\n", Object: &objectLimits}},
	{Name: "checks", Shape: &Shape{Doc: "What must be true of the finished image, besides its tests.\n", Object: &objectChecks}},
	{Name: "stages", Also: []string{"stage"}, Shape: &Shape{Doc: "The stages of the images' jobs.\n", Object: &objectStages}},
	{Name: "manual", Shape: &Shape{Doc: "Whether play buttons start the chains of images: \"start\", \"rebuild\" or \"blocking\".\n", Scalar: &scalarDefaultsManual}},
	{Name: "byHand", Shape: &Shape{Doc: "The old name of `manual: rebuild`.\n", Scalar: &scalarDefaultsByHand}},
	{Name: "publish", Shape: &Shape{Doc: "Whether the images are also components for other projects.\n", Scalar: &scalarBuildCache}},
},
}

var scalarDefinitionVersion = Scalar{Kind: tree.Int, Say: "1, the only version of the language", Values: []string{"1"}}

var scalarProjectPath = Scalar{Kind: tree.String, Say: "a project path is 'group/project': letters, digits, '_', '.' and '-' in segments joined by '/'", Patterns: []Pattern{{Text: "^[A-Za-z0-9_.][A-Za-z0-9_.-]*(/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$"}}}

var scalarGlob = Scalar{Kind: tree.String, Say: "a pattern is relative to the project's root, with '/' between its parts and no control characters", Patterns: []Pattern{{Text: "^[^\\x00-\\x1f\\\\]{1,1000}$", Runs: []Run{{Class: []rune{' ', '[', ']', '\U0010ffff'}, Min: 1, Max: 1000}}}}}

var scalarDefinitionBuild = Scalar{Kind: tree.String, Values: []string{"always", "changed"}}

var scalarGitLabVersion = Scalar{Kind: tree.String, Say: "a version of GitLab is 'major.minor', such as 17.0", Patterns: []Pattern{{Text: "^[1-9][0-9]?\\.[0-9]{1,2}$", Runs: []Run{{Class: []rune{'1', '9'}, Min: 1, Max: 1}, {Class: []rune{'0', '9'}, Min: 0, Max: 1}, {Class: []rune{'.', '.'}, Min: 1, Max: 1}, {Class: []rune{'0', '9'}, Min: 1, Max: 2}}}}}

var objectLockRules = Object{Fields: []Field{
	{Name: "minimumAge", Shape: &Shape{Doc: "How long a digest must have been known before it is used, such as 3d.\n", Scalar: &scalarDuration}},
},
}

var scalarLine = Scalar{Kind: tree.String, Say: "it is one line of at most 1000 characters", Patterns: []Pattern{{Text: "^[^\\x00-\\x1f]{1,1000}$", Runs: []Run{{Class: []rune{' ', '\U0010ffff'}, Min: 1, Max: 1000}}}}}

var objectPinTest = Object{Fields: []Field{
	{Name: "suffix", Required: true, Shape: &Shape{Doc: "The addition, \"_test_only\".\n", Scalar: &scalarLine}},
	{Name: "key", Shape: &Shape{Doc: "The path of a value that holds it, or nothing; without one it follows the tag.\n", Scalar: &scalarLine}},
},
}

var objectPin = Object{Fields: []Field{
	{Name: "image", Required: true, Shape: &Shape{Doc: "The image: its name here, or a repository such as docker.io/library/debian.\n", Scalar: &scalarBuildEnvValue}},
	{Name: "file", Required: true, Shape: &Shape{Doc: "The file.\n", Scalar: &scalarPath}},
	{Name: "key", Shape: &Shape{Doc: "The path of a value in a YAML file, \"variables.BUILDER_TAG\".\n", Scalar: &scalarLine}},
	{Name: "pattern", Shape: &Shape{Doc: "A regular expression with one group, instead of a key.\n", Scalar: &scalarLine}},
	{Name: "test", Shape: &Shape{Doc: "What `stemma bump --test` adds: to the tag, or to the value of a key of its own.\n", Object: &objectPinTest}},
},
}

var scalarImageName = Scalar{Kind: tree.String, Say: "an image name has lower-case letters and digits, single '.', '_' or '-' between them, at most two segments joined by '/', and at most 100 characters", Patterns: []Pattern{{Text: "^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)?$"}, {Text: "^.{1,100}$", Runs: []Run{{Class: []rune{'\x00', '\t', '\v', '\U0010ffff'}, Min: 1, Max: 100}}}}}

var scalarTag = Scalar{Kind: tree.String, Say: "a tag has letters, digits, '_', '.' and '-', at most 128 of them, and does not begin with '.' or '-'", Patterns: []Pattern{{Text: "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", Runs: []Run{{Class: []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'-', '.', '0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 0, Max: 127}}}}}

var objectMirror = Object{Fields: []Field{
	{Name: "from", Required: true, Shape: &Shape{Doc: "The image, with its tag: docker.io/library/debian:trixie.\n", Scalar: &scalarBase}},
	{Name: "to", Shape: &Shape{Doc: "The repository below the project's registry path; the last part of the image's own unless set.\n", Scalar: &scalarImageName}},
	{Name: "tag", Shape: &Shape{Doc: "The tag there; the image's own unless set.\n", Scalar: &scalarTag}},
},
}

var scalarDistributionName = Scalar{Kind: tree.String, Say: "the name of a distribution has lower-case letters and digits, single '.', '_' or '-' between them, and at most 50 characters", Patterns: []Pattern{{Text: "^[a-z0-9]+([._-][a-z0-9]+)*$"}, {Text: "^.{1,50}$", Runs: []Run{{Class: []rune{'\x00', '\t', '\v', '\U0010ffff'}, Min: 1, Max: 50}}}}}

var scalarDistributionBase = Scalar{Kind: tree.String, Say: "the base of a distribution is a reference with its registry, such as 'docker.io/library/debian:{version}'", Patterns: []Pattern{{Text: "^([A-Za-z0-9-]+[.:][A-Za-z0-9.:-]*|localhost)/([A-Za-z0-9._:/@-]|\\{version\\})+$"}}}

var scalarScript = Scalar{Kind: tree.String, Say: "a script may not be empty; `true` does nothing", Patterns: []Pattern{{Text: "\\S"}}}

var objectDistribution = Object{Fields: []Field{
	{Name: "name", Required: true, Shape: &Shape{Doc: "The distribution's name, for people.\n", Scalar: &scalarLine}},
	{Name: "base", Required: true, Shape: &Shape{Doc: "Its base image; {version} is replaced by the version.\n", Scalar: &scalarDistributionBase}},
	{Name: "version", Shape: &Shape{Doc: "The version where a definition has none.\n", Scalar: &scalarVersion}},
	{Name: "env", Shape: &Shape{Doc: "Environment of the scripts; it is not kept in the image.\n", Object: &objectBuildEnv}},
	{Name: "upgrade", Required: true, Shape: &Shape{Doc: "Bring the base image up to date.\n", Scalar: &scalarScript}},
	{Name: "install", Required: true, Shape: &Shape{Doc: "Install the packages that are its arguments, \"$@\".\n", Scalar: &scalarScript}},
	{Name: "clean", Required: true, Shape: &Shape{Doc: "Remove what need not stay in the image.\n", Scalar: &scalarScript}},
	{Name: "updates", Required: true, Shape: &Shape{Doc: "Print one line for each package that a newer version is known of: name, installed version, newer version.\n", Scalar: &scalarScript}},
	{Name: "missing", Required: true, Shape: &Shape{Doc: "Print those of the arguments that cannot be installed, one to a line. Runs after upgrade.\n", Scalar: &scalarScript}},
	{Name: "available", Required: true, Shape: &Shape{Doc: "Print the names of the packages that can be installed, one to a line. Runs after upgrade.\n", Scalar: &scalarScript}},
},
}

var objectDefinitionDistributions = Object{Key: &Shape{Scalar: &scalarDistributionName},
	Value: &Shape{Object: &objectDistribution},
}

var scalarPolicy = Scalar{Kind: tree.String, Say: "a policy is a folder of the project, or a CUE module with its major version, such as corp.example/policy@v1", Patterns: []Pattern{{Text: "^[A-Za-z0-9._/@:~+-]{1,1000}$", Runs: []Run{{Class: []rune{'+', '+', '-', ':', '@', 'Z', '_', '_', 'a', 'z', '~', '~'}, Min: 1, Max: 1000}}}}}

var objectException = Object{Fields: []Field{
	{Name: "rule", Required: true, Shape: &Shape{Doc: "The rule: the name of its file without \".cue\".\n", Scalar: &scalarLine}},
	{Name: "images", Required: true, Shape: &Shape{Doc: "The images, by name or as glob patterns.\n", Item: &Shape{Scalar: &scalarLine}}},
	{Name: "owner", Required: true, Shape: &Shape{Doc: "The person or team that answers for it.\n", Scalar: &scalarText}},
	{Name: "reason", Required: true, Shape: &Shape{Doc: "Why it is needed.\n", Scalar: &scalarText}},
	{Name: "until", Required: true, Shape: &Shape{Doc: "The last day on which it applies, in UTC: \"2027-01-31\".\n", Scalar: &scalarDate}},
},
}

var objectProjectImage = Object{Fields: []Field{
	{Name: "project", Required: true, Shape: &Shape{Doc: "The other project's path on GitLab.\n", Scalar: &scalarProjectPath}},
	{Name: "image", Required: true, Shape: &Shape{Doc: "The image's name there.\n", Scalar: &scalarImageName}},
	{Name: "tag", Shape: &Shape{Doc: "Its tag; \"latest\" when absent.\n", Scalar: &scalarTag}},
	{Name: "pin", Shape: &Shape{Doc: "Whether the lock pins it; it floats otherwise.\n", Scalar: &scalarBuildCache}},
},
}

var scalarParentName = Scalar{Kind: tree.String, Say: "a parent's name is what the Containerfile writes behind FROM, COPY --from= or from=", Patterns: []Pattern{{Text: "^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}$", Runs: []Run{{Class: []rune{'0', '9', 'A', 'Z', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'-', ':', '@', 'Z', '_', '_', 'a', 'z'}, Min: 0, Max: 511}}}}}

var objectImageParents = Object{Key: &Shape{Scalar: &scalarParentName},
	Value: &Shape{Scalar: &scalarBase, Object: &objectProjectImage},
}

var objectImageContexts = Object{Key: &Shape{Scalar: &scalarParentName},
	Value: &Shape{Scalar: &scalarPath},
}

var scalarRepositoryURL = Scalar{Kind: tree.String, Say: "a repository is an address such as https://example.org/group/project.git, without a user or password", Patterns: []Pattern{{Text: "^https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[A-Za-z0-9._~+-]+)+/?$"}}}

var scalarRef = Scalar{Kind: tree.String, Say: "a ref is the name of a branch or a tag", Patterns: []Pattern{{Text: "^[A-Za-z0-9_][A-Za-z0-9_./-]{0,254}$", Runs: []Run{{Class: []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'-', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 0, Max: 254}}}}}

var objectSource = Object{Fields: []Field{
	{Name: "project", Shape: &Shape{Doc: "The other project's path on this GitLab; or url.\n", Scalar: &scalarProjectPath}},
	{Name: "url", Shape: &Shape{Doc: "The address of any repository that is read without credentials; or project.\n", Scalar: &scalarRepositoryURL}},
	{Name: "ref", Shape: &Shape{Doc: "The branch, tag or commit; the default branch when absent.\n", Scalar: &scalarRef}},
	{Name: "path", Required: true, Shape: &Shape{Doc: "The folder of the build context for the files. The context may not have it.\n", Scalar: &scalarPath}},
},
}

var scalarPackage = Scalar{Kind: tree.String, Say: "a package has letters, digits and . _ + - : = ~ < > / * , @ ( ) [ ], and begins with a letter or digit", Patterns: []Pattern{{Text: "^[A-Za-z0-9@(!][A-Za-z0-9@()\\[\\]._+:=~<>/*,%!^-]*$", Runs: []Run{{Class: []rune{'!', '!', '(', '(', '0', '9', '@', 'Z', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'!', '!', '%', '%', '(', ':', '<', '>', '@', '[', ']', '_', 'a', 'z', '~', '~'}, Min: 0, Max: -1}}}}}

var scalarStage = Scalar{Kind: tree.String, Say: "a stage of a Containerfile has letters, digits, '_', '.' and '-'", Patterns: []Pattern{{Text: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$", Runs: []Run{{Class: []rune{'0', '9', 'A', 'Z', 'a', 'z'}, Min: 1, Max: 1}, {Class: []rune{'-', '.', '0', '9', 'A', 'Z', '_', '_', 'a', 'z'}, Min: 0, Max: 127}}}}}

var objectTagSource = Object{Fields: []Field{
	{Name: "file", Shape: &Shape{Doc: "A file whose first line is the tag.\n", Scalar: &scalarPath}},
	{Name: "changelog", Shape: &Shape{Doc: "A Debian changelog whose newest version is the tag.\n", Scalar: &scalarPath}},
},
}

var objectTest = Object{Fields: []Field{
	{Name: "name", Required: true, Shape: &Shape{Doc: "What the test is called in the report.\n", Scalar: &scalarLine}},
	{Name: "run", Required: true, Also: []string{"script", "command", "cmd"}, Shape: &Shape{Doc: "A shell snippet that runs inside the image; it fails when it ends with another status than 0.\n", Scalar: &scalarText}},
	{Name: "outside", Shape: &Shape{Doc: "Whether it runs beside the image instead, in a checkout of the project, with the image in STEMMA_IMAGE_REFERENCE.\n", Scalar: &scalarBuildCache}},
	{Name: "checkout", Shape: &Shape{Doc: "Whether the snippet, inside the image, has the project's files: it starts in a checkout, which is no part of the image.\n", Scalar: &scalarBuildCache}},
	{Name: "timeout", Shape: &Shape{Doc: "How long it may take; an hour unless set.\n", Scalar: &scalarTimeout}},
},
}

var scalarDependentVia = Scalar{Kind: tree.String, Values: []string{"variables", "inputs"}}

var objectDependent = Object{Fields: []Field{
	{Name: "project", Required: true, Shape: &Shape{Doc: "The project's path on GitLab.\n", Scalar: &scalarProjectPath}},
	{Name: "ref", Required: true, Shape: &Shape{Doc: "The branch or tag to run its pipeline on.\n", Scalar: &scalarRef}},
	{Name: "variables", Shape: &Shape{Doc: "Variables of the pipeline that is started there; with \"inputs\" inputs of these names.\n", Object: &objectBuildEnv}},
	{Name: "via", Shape: &Shape{Doc: "How it is told: \"variables\" unless set, or \"inputs\", for projects that accept no variables.\n", Scalar: &scalarDependentVia}},
	{Name: "token", Shape: &Shape{Doc: "The name of the variable that holds a trigger token of the project; the job's own token unless set.\n", Scalar: &scalarVariableName}},
	{Name: "wait", Shape: &Shape{Doc: "Whether the job waits for the pipeline, and fails with it.\n", Scalar: &scalarBuildCache}},
},
}

var scalarSignal = Scalar{Kind: tree.String, Say: "a signal is a name such as SIGQUIT or SIGRTMIN+3", Patterns: []Pattern{{Text: "^SIG[A-Z0-9]{2,8}([+-][0-9]{1,2})?$"}}}

var objectImage = Object{Fields: []Field{
	{Name: "distribution", Shape: &Shape{Doc: "What the base image runs on, one of stemma's or of `distributions`. A child has its parent's.\n", Scalar: &scalarBuildEnvValue}},
	{Name: "version", Shape: &Shape{Doc: "The version of the distribution's base image.\n", Scalar: &scalarVersion}},
	{Name: "base", Also: []string{"from", "parent", "image", "base_image"}, Shape: &Shape{Doc: "What the image is built from: an image of this project, any reference, or an image of another project.\n", Scalar: &scalarBase, Object: &objectProjectImage}},
	{Name: "parents", Also: []string{"additional_contexts", "build_contexts"}, Shape: &Shape{Doc: "Images that the Containerfile names in FROM, COPY --from and RUN --mount, by the names that it has for them.\n", Object: &objectImageParents}},
	{Name: "contexts", Shape: &Shape{Doc: "Folders that the Containerfile names in COPY --from and RUN --mount, by the names that it has for them.\n", Object: &objectImageContexts}},
	{Name: "after", Also: []string{"depends", "depends_on", "needs", "requires"}, Shape: &Shape{Doc: "Images of this project that it is built after, though it is not built from them.\n", Item: &Shape{Scalar: &scalarImageName}}},
	{Name: "sources", Also: []string{"siblings"}, Shape: &Shape{Doc: "Files of other projects in the build context; `stemma lock` pins them to commits.\n", Item: &Shape{Object: &objectSource}}},
	{Name: "packages", Also: []string{"install"}, Shape: &Shape{Doc: "Packages to install with the distribution's package manager.\n", Item: &Shape{Scalar: &scalarPackage}}},
	{Name: "exec", Also: []string{"run", "script", "before_script"}, Shape: &Shape{Doc: "A shell snippet that runs inside, in a clone of the project, after the packages.\n", Scalar: &scalarBuildEnvValue}},
	{Name: "containerfile", Also: []string{"dockerfile"}, Shape: &Shape{Doc: "The Containerfile to build, instead of packages and exec.\n", Scalar: &scalarPath}},
	{Name: "context", Shape: &Shape{Doc: "The folder that the Containerfile's COPY reads; the Containerfile's own unless set.\n", Scalar: &scalarPath}},
	{Name: "target", Shape: &Shape{Doc: "The stage of the Containerfile to build; the last unless set.\n", Scalar: &scalarStage}},
	{Name: "args", Also: []string{"build_args", "buildargs"}, Shape: &Shape{Doc: "Values of the Containerfile's ARG lines.\n", Object: &objectBuildEnv}},
	{Name: "watch", Shape: &Shape{Doc: "Files that the image is made of besides its Containerfile and context, as glob patterns.\n", Item: &Shape{Scalar: &scalarGlob}}},
	{Name: "tag", Also: []string{"tags"}, Shape: &Shape{Doc: "The tag: written by hand, read from a file, or derived from the content when absent.\n", Scalar: &scalarTag, Object: &objectTagSource}},
	{Name: "platforms", Also: []string{"platform", "arch", "architectures"}, Shape: &Shape{Doc: "The platforms to build for; the runner's own when absent.\n", Item: &Shape{Scalar: &scalarPlatform}}},
	{Name: "runners", Also: []string{"runner_tags"}, Shape: &Shape{Doc: "The runner tags of the jobs that build and test for a platform. Those of \"default\" are for all other jobs, and for platforms without\ntags of their own; without them jobs have the default tags of the project.\n", Object: &objectDefaultsRunners}},
	{Name: "tests", Shape: &Shape{Doc: "Commands that check the finished image; it gets its tag only when all of them succeed.\n", Item: &Shape{Object: &objectTest}}},
	{Name: "release", Shape: &Shape{Doc: "Where the image goes from the default branch; the moving tag \"latest\" beside its own when absent, nowhere when empty.\n", Item: &Shape{Object: &objectRelease}}},
	{Name: "dependents", Shape: &Shape{Doc: "Projects to tell when the image was rebuilt.\n", Item: &Shape{Object: &objectDependent}}},
	{Name: "updates", Shape: &Shape{Doc: "What the scheduled update check looks at.\n", Object: &objectUpdates}},
	{Name: "expires", Shape: &Shape{Doc: "How long to keep the image.\n", Scalar: &scalarDuration}},
	{Name: "labels", Shape: &Shape{Doc: "Labels of the image.\n", Object: &objectDefaultsLabels}},
	{Name: "env", Also: []string{"environment", "variables"}, Shape: &Shape{Doc: "Environment of the image.\n", Object: &objectBuildEnv}},
	{Name: "entrypoint", Shape: &Shape{Doc: "The entrypoint: a path, or a list of the program and its arguments.\n", Scalar: &scalarLine, Item: &Shape{Scalar: &scalarLine}}},
	{Name: "workdir", Also: []string{"working_dir", "workingdir"}, Shape: &Shape{Doc: "The working directory of the image.\n", Scalar: &scalarAbsolutePath}},
	{Name: "user", Shape: &Shape{Doc: "The user that a container of the image starts as: a name or number, with \":group\" where wanted.\n", Scalar: &scalarUser}},
	{Name: "stopSignal", Also: []string{"stop_signal", "stopsignal"}, Shape: &Shape{Doc: "The signal that stops a container of the image; that of the base when absent.\n", Scalar: &scalarSignal}},
	{Name: "build", Shape: &Shape{Doc: "How it is built.\n", Object: &objectBuild}},
	{Name: "users", Shape: &Shape{Doc: "The numbers of users by their names. An image without a containerfile has them, `user` may name them, and the last USER of a\nContainerfile must be a number.\n", Object: &objectDefaultsUsers}},
	{Name: "proxy", Shape: &Shape{Doc: "The proxies of the build; they are not part of the tag.\n", Object: &objectProxy}},
	{Name: "limits", Also: []string{"container_limits"}, Shape: &Shape{Doc: "What a build may use; it is not part of the tag.\n", Object: &objectLimits}},
	{Name: "checks", Shape: &Shape{Doc: "What must be true of the finished image, besides its tests.\n", Object: &objectChecks}},
	{Name: "stages", Also: []string{"stage"}, Shape: &Shape{Doc: "The stages of the image's jobs.\n", Object: &objectStages}},
	{Name: "manual", Shape: &Shape{Doc: "Whether a play button at the beginning of a chain of images starts it: \"start\" in every pipeline, which does not wait for it;\n\"blocking\" in every pipeline, which is blocked until somebody presses it; \"rebuild\" in a pipeline that a person starts on the default\nbranch, which then rebuilds the chain. true is the old name of \"start\".\n", Scalar: &scalarDefaultsManual}},
	{Name: "byHand", Shape: &Shape{Doc: "The old name of `manual: rebuild`.\n", Scalar: &scalarDefaultsByHand}},
	{Name: "publish", Shape: &Shape{Doc: "Whether the image is also a component, templates/<image>.yml, for other projects.\n", Scalar: &scalarBuildCache}},
},
}

var objectDefinitionImages = Object{Key: &Shape{Scalar: &scalarImageName},
	Value: &Shape{Object: &objectImage},
}

var objectDefinition = Object{Fields: []Field{
	{Name: "version", Required: true, Shape: &Shape{Doc: "The version of this language.\n", Scalar: &scalarDefinitionVersion}},
	{Name: "project", Shape: &Shape{Doc: "The project's path on GitLab, \"group/project\". Needed where other projects name this one: for published components and `build: changed`.\n", Scalar: &scalarProjectPath}},
	{Name: "defaults", Shape: &Shape{Doc: "Values for every image that does not set them itself; maps such as labels, env and build are joined key by key, and build.env with them.\n", Object: &objectDefaults}},
	{Name: "include", Shape: &Shape{Doc: "Further files that declare images, as glob patterns below the project's root: each holds one image, named after its folder, or a map `images`.\n", Item: &Shape{Scalar: &scalarGlob}}},
	{Name: "build", Shape: &Shape{Doc: "Whether build jobs are in every pipeline and skip images that exist (\"always\"), or rules select the images whose files changed (\"changed\"). Up to twenty images \"always\", above that \"changed\".\n", Scalar: &scalarDefinitionBuild}},
	{Name: "gitlab", Shape: &Shape{Doc: "The oldest GitLab that the output must work on, such as \"17.0\"; the newest unless set.\n", Scalar: &scalarGitLabVersion}},
	{Name: "children", Shape: &Shape{Doc: "Whether the jobs are in child pipelines, one for each family of images. The default is true above 100 images.\n", Scalar: &scalarBuildCache}},
	{Name: "lock", Shape: &Shape{Doc: "How the lock pins parents.\n", Object: &objectLockRules}},
	{Name: "pins", Shape: &Shape{Doc: "Places outside of the definition that hold the tag of an image, which `stemma bump` changes along with it.\n", Item: &Shape{Object: &objectPin}}},
	{Name: "mirrors", Shape: &Shape{Doc: "Images from outside that a scheduled job copies to the project's registry, for all platforms. The lock pins them.\n", Item: &Shape{Object: &objectMirror}}},
	{Name: "distributions", Shape: &Shape{Doc: "Distributions of the project's own, by the names that images have for them.\n", Object: &objectDefinitionDistributions}},
	{Name: "policy", Also: []string{"policies"}, Shape: &Shape{Doc: "The policies that the images must follow: folders of the project, or CUE modules with their major version, corp.example/policy@v1.\n", Scalar: &scalarPolicy, Item: &Shape{Scalar: &scalarPolicy}}},
	{Name: "exceptions", Shape: &Shape{Doc: "The findings of policies that are accepted for some time.\n", Item: &Shape{Object: &objectException}}},
	{Name: "images", Also: []string{"services"}, Shape: &Shape{Doc: "The images, by name.\n", Object: &objectDefinitionImages}},
},
}

var scalarInputType = Scalar{Kind: tree.String, Values: []string{"string"}}

var objectInput = Object{Fields: []Field{
	{Name: "type", Shape: &Shape{Scalar: &scalarInputType}},
	{Name: "description", Required: true, Shape: &Shape{Scalar: &scalarBuildEnvValue}},
	{Name: "default", Required: true, Shape: &Shape{Scalar: &scalarBuildEnvValue}},
	{Name: "regex", Shape: &Shape{Scalar: &scalarBuildEnvValue}},
	{Name: "options", Shape: &Shape{Item: &Shape{Scalar: &scalarBuildEnvValue}}},
},
}

var objectHeaderSpecInputs = Object{Key: &Shape{Scalar: &scalarInputName},
	Value: &Shape{Object: &objectInput},
}

var objectHeaderSpec = Object{Fields: []Field{
	{Name: "inputs", Required: true, Shape: &Shape{Doc: "The head of a compiled file.\n", Object: &objectHeaderSpecInputs}},
},
}

var objectHeader = Object{Fields: []Field{
	{Name: "spec", Required: true, Shape: &Shape{Object: &objectHeaderSpec}},
},
}

var objectInclude = Object{Fields: []Field{
	{Name: "distributions", Shape: &Shape{Doc: "Distributions of the project's own, by the names that images have for them.\n", Object: &objectDefinitionDistributions}},
	{Name: "images", Shape: &Shape{Doc: "The images, by name.\n", Object: &objectDefinitionImages}},
},
}

var prepared = []Named{
	{Name: "AbsolutePath", Shape: Shape{Scalar: &scalarAbsolutePath}},
	{Name: "Artifacts", Shape: Shape{Doc: "What a job leaves.\n", Object: &objectArtifacts}},
	{Name: "Base", Shape: Shape{Scalar: &scalarBase}},
	{Name: "Build", Shape: Shape{Doc: "How an image is built.\n", Object: &objectBuild}},
	{Name: "CPUSet", Shape: Shape{Scalar: &scalarCPUSet}},
	{Name: "ChangedFiles", Shape: Shape{Scalar: &scalarChangedFiles}},
	{Name: "Checks", Shape: Shape{Doc: "What must be true of a finished image.\n", Object: &objectChecks}},
	{Name: "Component", Shape: Shape{Doc: "A component that this project publishes: a file of components/, compiled to templates/.\n", Object: &objectComponent}},
	{Name: "ComponentInput", Shape: Shape{Doc: "An input of a component; one without a default must be given.\n", Object: &objectComponentInput}},
	{Name: "Components", Shape: Shape{Object: &objectComponents}},
	{Name: "Date", Shape: Shape{Scalar: &scalarDate}},
	{Name: "Defaults", Shape: Shape{Doc: "Defaults have the fields of an image that make sense for all of them.\n", Object: &objectDefaults}},
	{Name: "Definition", Shape: Shape{Doc: "What stemma.yaml or stemma.cue holds.\n", Object: &objectDefinition}},
	{Name: "Dependent", Shape: Shape{Doc: "A project to tell when the image was rebuilt.\n", Object: &objectDependent}},
	{Name: "Distribution", Shape: Shape{Doc: "One distribution: what is known of installing packages on it. The scripts are run by `sh` inside the image; packages\nare the arguments of `install`, never part of its text.\n", Object: &objectDistribution}},
	{Name: "DistributionBase", Shape: Shape{Scalar: &scalarDistributionBase}},
	{Name: "DistributionName", Shape: Shape{Scalar: &scalarDistributionName}},
	{Name: "Duration", Shape: Shape{Scalar: &scalarDuration}},
	{Name: "Exception", Shape: Shape{Doc: "Images that need not follow a rule of a policy for some time.\n", Object: &objectException}},
	{Name: "GitLabVersion", Shape: Shape{Scalar: &scalarGitLabVersion}},
	{Name: "Glob", Shape: Shape{Scalar: &scalarGlob}},
	{Name: "Header", Shape: Shape{Object: &objectHeader}},
	{Name: "Image", Shape: Shape{Doc: "One image.\n", Object: &objectImage}},
	{Name: "ImageName", Shape: Shape{Scalar: &scalarImageName}},
	{Name: "Include", Shape: Shape{Doc: "What an included file holds, if it is not a single image.\n", Object: &objectInclude}},
	{Name: "Input", Shape: Shape{Doc: "One input.\n", Object: &objectInput}},
	{Name: "InputName", Shape: Shape{Scalar: &scalarInputName}},
	{Name: "Job", Shape: Shape{Doc: "One job, or one hidden job that others extend.\n", Object: &objectJob}},
	{Name: "JobImage", Shape: Shape{Doc: "The image of a job in its long form.\n", Object: &objectJobImage}},
	{Name: "JobName", Shape: Shape{Scalar: &scalarJobName}},
	{Name: "JobStage", Shape: Shape{Scalar: &scalarJobStage}},
	{Name: "LabelName", Shape: Shape{Scalar: &scalarLabelName}},
	{Name: "Limits", Shape: Shape{Doc: "What a build may use. They have an effect with another isolation than buildah's \"chroot\".\n", Object: &objectLimits}},
	{Name: "Line", Shape: Shape{Scalar: &scalarLine}},
	{Name: "LiteralVariable", Shape: Shape{Doc: "A variable that neither GitLab nor the runner expands.\n", Object: &objectLiteralVariable}},
	{Name: "LockRules", Shape: Shape{Doc: "How parents are pinned.\n", Object: &objectLockRules}},
	{Name: "Mirror", Shape: Shape{Doc: "A copy of an image from outside. Images that are built from it take it from there.\n", Object: &objectMirror}},
	{Name: "Need", Shape: Shape{Doc: "A job that must have finished; an optional one may be missing from the pipeline.\n", Object: &objectNeed}},
	{Name: "Package", Shape: Shape{Scalar: &scalarPackage}},
	{Name: "ParentName", Shape: Shape{Scalar: &scalarParentName}},
	{Name: "Path", Shape: Shape{Scalar: &scalarPath}},
	{Name: "Pin", Shape: Shape{Doc: "A place that holds the tag of an image.\n", Object: &objectPin}},
	{Name: "Platform", Shape: Shape{Scalar: &scalarPlatform}},
	{Name: "Policy", Shape: Shape{Scalar: &scalarPolicy}},
	{Name: "ProjectImage", Shape: Shape{Doc: "An image of another project.\n", Object: &objectProjectImage}},
	{Name: "ProjectPath", Shape: Shape{Scalar: &scalarProjectPath}},
	{Name: "Proxy", Shape: Shape{Doc: "The proxies of a build.\n", Object: &objectProxy}},
	{Name: "ProxyURL", Shape: Shape{Scalar: &scalarProxyURL}},
	{Name: "Ref", Shape: Shape{Scalar: &scalarRef}},
	{Name: "Release", Shape: Shape{Doc: "Where an image is released to.\n", Object: &objectRelease}},
	{Name: "ReleaseTag", Shape: Shape{Scalar: &scalarReleaseTag}},
	{Name: "Repository", Shape: Shape{Scalar: &scalarRepository}},
	{Name: "RepositoryPattern", Shape: Shape{Scalar: &scalarRepositoryPattern}},
	{Name: "RepositoryURL", Shape: Shape{Scalar: &scalarRepositoryURL}},
	{Name: "Rule", Shape: Shape{Doc: "When a job is in a pipeline.\n", Object: &objectRule}},
	{Name: "RunnerKey", Shape: Shape{Scalar: &scalarRunnerKey}},
	{Name: "RunnerTag", Shape: Shape{Scalar: &scalarRunnerTag}},
	{Name: "Script", Shape: Shape{Scalar: &scalarScript}},
	{Name: "SecretFile", Shape: Shape{Doc: "A CI variable of the type File, which holds the path of the secret.\n", Object: &objectSecretFile}},
	{Name: "SecretID", Shape: Shape{Scalar: &scalarSecretID}},
	{Name: "Shares", Shape: Shape{Scalar: &scalarShares}},
	{Name: "Signal", Shape: Shape{Scalar: &scalarSignal}},
	{Name: "Size", Shape: Shape{Scalar: &scalarSize}},
	{Name: "Source", Shape: Shape{Doc: "The files of another project at one commit.\n", Object: &objectSource}},
	{Name: "Stage", Shape: Shape{Scalar: &scalarStage}},
	{Name: "StageName", Shape: Shape{Scalar: &scalarStageName}},
	{Name: "Stages", Shape: Shape{Doc: "The stages of an image's jobs.\n", Object: &objectStages}},
	{Name: "Tag", Shape: Shape{Scalar: &scalarTag}},
	{Name: "TagSource", Shape: Shape{Doc: "Where a tag is read from; one of the two.\n", Object: &objectTagSource}},
	{Name: "Test", Shape: Shape{Doc: "A command that checks the finished image.\n", Object: &objectTest}},
	{Name: "Text", Shape: Shape{Scalar: &scalarText}},
	{Name: "Timeout", Shape: Shape{Scalar: &scalarTimeout}},
	{Name: "Trigger", Shape: Shape{Doc: "A child pipeline that a job starts and whose state it takes over, https://docs.gitlab.com/ci/yaml/#trigger.\n", Object: &objectTrigger}},
	{Name: "TriggerInclude", Shape: Shape{Doc: "The file of a child pipeline and its inputs.\n", Object: &objectTriggerInclude}},
	{Name: "UID", Shape: Shape{Scalar: &scalarUID}},
	{Name: "Updates", Shape: Shape{Doc: "What the scheduled update check looks at.\n", Object: &objectUpdates}},
	{Name: "User", Shape: Shape{Scalar: &scalarUser}},
	{Name: "UserName", Shape: Shape{Scalar: &scalarUserName}},
	{Name: "VariableName", Shape: Shape{Scalar: &scalarVariableName}},
	{Name: "Version", Shape: Shape{Scalar: &scalarVersion}},
}
