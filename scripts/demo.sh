#!/bin/sh
# Compiles the nested example, runs both of its pipelines with real buildah against a registry of its own, and shows what
# the images say of their lineage. Everything is in .demo; Fedora's base image is replaced by a Debian made here.
set -eu

top=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
demo=$top/.demo
port=${DEMO_PORT:-5057}
registry=127.0.0.1:$port

rm -rf "$demo"
mkdir -p "$demo"

say() { printf '\n== %s\n' "$*"; }

say "a registry on $registry"
cat > "$demo/registry.yml" <<CONFIG
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $demo/registry}}
http: {addr: $registry}
CONFIG
docker-registry serve "$demo/registry.yml" > "$demo/registry.log" 2>&1 &
trap 'kill $!' EXIT
until curl -fs "http://$registry/v2/" > /dev/null; do sleep 0.1; done

say "a base image, made by mmdebstrap"
mmdebstrap --quiet --variant=apt bookworm "$demo/debian.tar"
container=$(buildah from scratch)
buildah add --quiet "$container" "$demo/debian.tar" / > /dev/null
image=$(buildah commit --quiet "$container")
buildah push --quiet --tls-verify=false "$image" "docker://$registry/lib/debian:bookworm"
buildah rm "$container" > /dev/null
buildah rmi "$image" > /dev/null

# pipeline NAME runs the pipeline of one of the example's projects.
pipeline() {
	name=$1
	project=$demo/$name
	cp -r "$top/examples/nested-images/$name" "$project"
	sed -i "s|distribution: fedora|distribution: debian|; s|version: \"43\"|base: $registry/lib/debian:bookworm|; /dependents:/,/ref:/d" "$project/stemma.yaml"
	cd "$project"
	git init --quiet --initial-branch main
	git remote add origin "git@gitlab.example.org:examples/$name.git"
	git add --all
	say "stemma compile, in examples/$name"
	stemma compile
	stemma graph
	git add --all
	git -c user.name=demo -c user.email=demo@example.org commit --quiet --message demo
	git update-ref refs/remotes/origin/main HEAD
	git remote set-head origin main
	say "the pipeline of examples/$name"
	"$GITLAB_CI_LOCAL" --force-shell-executor --shell-isolation --ignore-predefined-vars \
		CI_REGISTRY,CI_REGISTRY_IMAGE,CI_REPOSITORY_URL,CI_PROJECT_PATH,CI_COMMIT_REF_PROTECTED \
		--variable "CI_REGISTRY=$registry" --variable "CI_REGISTRY_IMAGE=$registry/examples/$name" \
		--variable "CI_REPOSITORY_URL=file://$project" --variable "CI_PROJECT_PATH=examples/$name" \
		--variable CI_COMMIT_REF_PROTECTED=true > "$demo/$name.log" 2>&1 ||
		{ tail -n 40 "$demo/$name.log" >&2; exit 1; }
	sed -n '/ PASS /p; /pipeline finished/p' "$demo/$name.log"
	cd "$top"
}
pipeline base
pipeline rust

say "what the images say of themselves"
go run ./test/demo "$registry/examples/base/fedora-base:latest" "$registry/examples/rust/rust:latest" "$registry/examples/rust/docs:latest"
