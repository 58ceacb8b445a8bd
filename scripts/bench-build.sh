#!/bin/bash
# The numbers of docs/benchmarks.md that are about whole builds. Needs root, buildah, skopeo, hyperfine, docker-registry and
# mmdebstrap.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
registry=127.0.0.1:5059
cat > "$work/registry.yml" <<CONFIG
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}, delete: {enabled: true}}
http: {addr: $registry}
CONFIG
docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 &
trap 'kill $!; rm -rf "$work"' EXIT

mmdebstrap --quiet --variant=apt bookworm "$work/debian.tar"
container=$(buildah from scratch)
buildah add --quiet "$container" "$work/debian.tar" / > /dev/null
buildah commit --quiet --rm "$container" "docker://$registry/lib/debian:1" > /dev/null 2>&1 ||
	buildah push --quiet --tls-verify=false "$(buildah commit --quiet --rm "$container")" "docker://$registry/lib/debian:1"

# What a project does without stemma: start from the base, install, run the snippet, commit, push.
cat > "$work/by-hand" <<'SCRIPT'
#!/bin/bash
set -euo pipefail
export BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker
container=$(buildah from --quiet --tls-verify=false "docker://$FDO_BASE_IMAGE")
buildah run "$container" -- sh -e -c "$INSTALL"
buildah run "$container" -- sh -e -c "$FDO_DISTRIBUTION_EXEC"
buildah config --workingdir /app --label "fdo.pipeline_id=$CI_PIPELINE_ID" "$container"
image=$(buildah commit --quiet --rm "$container")
buildah push --quiet --tls-verify=false "$image" "docker://$CI_REGISTRY_IMAGE/by-hand:1"
buildah rmi "$image" > /dev/null
SCRIPT
# The classic decision: look at the upstream project's image and at one's own.
cat > "$work/inspect-both" <<'SCRIPT'
#!/bin/bash
skopeo inspect --tls-verify=false "docker://$CI_REGISTRY/up/stream/image:1" > /dev/null 2>&1
skopeo inspect --tls-verify=false "docker://$CI_REGISTRY_IMAGE/image:1" > /dev/null
SCRIPT
chmod +x "$work/by-hand" "$work/inspect-both"

export CI_REGISTRY=$registry CI_REGISTRY_IMAGE=$registry/group/project CI_PROJECT_PATH=group/project CI_PIPELINE_ID=1
export CI_REPOSITORY_URL=file://$PWD CI_COMMIT_SHA
CI_COMMIT_SHA=$(git rev-parse HEAD)
export FDO_DISTRIBUTION_NAME=debian FDO_DISTRIBUTION_PACKAGES="git less" FDO_BASE_IMAGE=$registry/lib/debian:1
export FDO_REPO_SUFFIX=image FDO_DISTRIBUTION_TAG=1 FDO_DISTRIBUTION_EXEC="cp -r /usr/share /usr/lib /srv" STEMMA_TEST=true
export INSTALL="export DEBIAN_FRONTEND=noninteractive
apt-get update; apt-get upgrade -y; apt-get install -y --no-install-recommends $FDO_DISTRIBUTION_PACKAGES
apt-get clean; rm -rf /var/lib/apt/lists/*"
cd "$work"

echo "# a build of 2 packages and 200 MB, by hand and as a job"
hyperfine --shell=none --warmup 1 --runs "${RUNS:-10}" --command-name by-hand "$work/by-hand" \
	--command-name "stemma-job job build" "env FDO_FORCE_REBUILD=1 stemma-job job build" 2> "$work/err" || { cat "$work/err"; exit 1; }

echo "# the decision that nothing need be built, classic and as a job"
FDO_UPSTREAM_REPO=up/stream hyperfine --shell=none --warmup 5 --runs 100 "$work/inspect-both" "stemma-job job build"
