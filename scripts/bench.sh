#!/bin/bash
# The numbers of docs/benchmarks.md that are about whole processes. Needs hyperfine and docker-registry.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
registry=127.0.0.1:5058
cat > "$work/registry.yml" <<CONFIG
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: $registry}
CONFIG
docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 &
trap 'kill $!; rm -rf "$work"' EXIT

# definition COUNT declares images in chains of ten.
definition() {
	printf 'version: 1\nproject: group/project\nimages:\n'
	for ((i = 0; i < $1; i++)); do
		printf '  image-%05d:\n    packages: [curl, package-%d]\n' "$i" "$i"
		if ((i % 10)); then printf '    base: image-%05d\n' $((i - 1)); else printf '    distribution: debian\n    version: trixie\n'; fi
	done
}

for count in 1 1000 10000; do
	mkdir -p "$work/$count"
	definition "$count" > "$work/$count/stemma.yaml"
	stemma compile -C "$work/$count" > /dev/null
done

echo "# compile of 1,000 and of 10,000 images, whole process, nothing cached"
hyperfine --shell=none --warmup 2 --prepare "rm -rf $work/1000/.gitlab" --command-name "1,000" "stemma compile -C $work/1000" \
	--prepare "rm -rf $work/10000/.gitlab" --command-name "10,000" "stemma compile -C $work/10000"
for count in 1000 10000; do
	rm -rf "$work/$count/.gitlab"
	/usr/bin/time -f "$count images: %M KB at most" stemma compile -C "$work/$count" > /dev/null
done

echo "# check of one image, whole process, against a program that only starts CUE"
go build -trimpath -o "$work/startcue" ./scripts/startcue
hyperfine --shell=none --warmup 5 --runs 200 "$work/startcue" "stemma check -C $work/1"

echo "# start of the programs"
hyperfine --shell=none --warmup 10 --runs 200 "stemma version" "stemma-job version" "stemma-import --help" "stemma-fairy --help" "stemma import --help"

echo "# job build of an image that exists, against crane manifest"
tar -C "$work" -cf "$work/layer.tar" 1
crane append --insecure --new_layer "$work/layer.tar" --new_tag "$registry/group/project/image:v1" > /dev/null 2>&1
export CI_REGISTRY=$registry CI_REGISTRY_IMAGE=$registry/group/project CI_PROJECT_PATH=group/project
export FDO_DISTRIBUTION_NAME=debian FDO_DISTRIBUTION_VERSION=trixie FDO_REPO_SUFFIX=image FDO_DISTRIBUTION_TAG=v1
# A job begins with an empty folder for temporary files, in which it looks for what dead jobs left.
mkdir "$work/temporary"
export TMPDIR=$work/temporary
cd "$work"
hyperfine --shell=none --warmup 10 --runs 300 "crane manifest $registry/group/project/image:v1" "stemma-job job build" "stemma job build"
