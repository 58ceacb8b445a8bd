#!/bin/sh
# Compiles the nested example, runs both of its pipelines with real buildah against a registry of its own, and shows what
# the images say about their lineage. Everything it makes is in .demo, images included; Fedora's base image is replaced by
# a Debian made here.
set -eu

top=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
demo=$top/.demo
registry=127.0.0.1:${DEMO_PORT:-5057}
started=$(date +%s)

"$top/scripts/clean.sh" "$demo"
mkdir -p "$demo"

step() { printf '\n== %3d s: %s\n' "$(($(date +%s) - started))" "$*"; }

stop() {
	echo "demo: $*" >&2
	exit 1
}

# The images of the demo share no storage with the machine's own.
export CONTAINERS_STORAGE_CONF="$demo/storage.conf"
printf '[storage]\ndriver = "%s"\ngraphroot = "%s/storage"\nrunroot = "%s/storage-run"\n' overlay "$demo" "$demo" > "$CONTAINERS_STORAGE_CONF"
buildah images > "$demo/storage.log" 2>&1 || sed -i 's/overlay/vfs/' "$CONTAINERS_STORAGE_CONF"

step "starting a registry on $registry"
cat > "$demo/registry.yml" <<CONFIG
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $demo/registry}}
http: {addr: $registry}
CONFIG
docker-registry serve "$demo/registry.yml" > "$demo/registry.log" 2>&1 &
server=$!

# A background process ignores Ctrl-C. Each pipeline leads a process group, so that its jobs end with it.
running=
finish() {
	[ -z "$running" ] || kill -TERM -- "-$running" 2>/dev/null || true
	kill "$server" 2>/dev/null || true
	wait
	"$top/scripts/clean.sh" "$demo/tmp"
}
# dash runs the trap of EXIT after a signal only if the signal's own trap exits.
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

sleep 0.3 # a registry that cannot have its port has ended by then
tries=100
until curl --fail --silent --max-time 2 "http://$registry/v2/" > /dev/null; do
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || break
	sleep 0.1
done
if [ "$tries" -eq 0 ] || ! kill -0 "$server" 2>/dev/null; then
	stop "the registry does not start: $(tail -n 1 "$demo/registry.log")"
fi

step "making a base image with mmdebstrap"
# Interrupted, mmdebstrap leaves its folder behind, with mounts in it.
mkdir -m 1777 "$demo/tmp"
TMPDIR=$demo/tmp mmdebstrap --variant=apt bookworm "$demo/debian.tar" 2>&1 | sed -n 's/^I: /   /p'
[ -s "$demo/debian.tar" ] || stop "mmdebstrap made no base image"
container=$(buildah from scratch)
buildah add --quiet "$container" "$demo/debian.tar" / > /dev/null
image=$(buildah commit --quiet "$container")
buildah push --quiet --tls-verify=false "$image" "docker://$registry/lib/debian:bookworm"
buildah rm "$container" > /dev/null
buildah rmi "$image" > /dev/null
rm "$demo/debian.tar"

# follow prints what a person wants to see of a running pipeline: each job's steps, and a sign of life every ten seconds.
follow() {
	quiet=0
	seen=0
	while kill -0 "$1" 2>/dev/null; do
		sleep 1
		lines=$(wc -l < "$2")
		events=$(sed -n "$((seen + 1)),${lines}{/ starting /p; / \\$ stemma /p; / > Build /p; / > ok /p; / PASS /p; / FAIL /p; / finished in /p}" "$2" | cut -c1-150)
		seen=$lines
		quiet=$((quiet + 1))
		if [ -n "$events" ]; then
			printf '%s\n' "$events"
			quiet=0
		elif [ "$quiet" -ge 10 ]; then
			printf '   … %s\n' "$(tail -n 1 "$2" | tr -d '\033' | tr '\r' ' ' | cut -c1-100)"
			quiet=0
		fi
	done
}

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
	step "stemma compile, in examples/$name"
	stemma compile
	stemma graph
	git add --all
	git -c user.name=demo -c user.email=demo@example.org commit --quiet --message demo
	git update-ref refs/remotes/origin/main HEAD
	git remote set-head origin main
	step "running the pipeline of examples/$name"
	log=$demo/$name.log
	setsid "$GITLAB_CI_LOCAL" --force-shell-executor --shell-isolation --ignore-predefined-vars \
		CI_REGISTRY,CI_REGISTRY_IMAGE,CI_REPOSITORY_URL,CI_PROJECT_PATH,CI_COMMIT_REF_PROTECTED \
		--variable "CI_REGISTRY=$registry" --variable "CI_REGISTRY_IMAGE=$registry/examples/$name" \
		--variable "CI_REPOSITORY_URL=file://$project" --variable "CI_PROJECT_PATH=examples/$name" \
		--variable CI_COMMIT_REF_PROTECTED=true --variable "CONTAINERS_STORAGE_CONF=$CONTAINERS_STORAGE_CONF" > "$log" 2>&1 &
	running=$!
	follow "$running" "$log"
	wait "$running" || { tail -n 40 "$log" >&2; stop "the pipeline of examples/$name failed; its log is $log"; }
	running=
	cd "$top"
}
pipeline base
pipeline rust

step "what the images say about themselves"
"$top/bin/demo" "$registry/examples/base/fedora-base:latest" "$registry/examples/rust/rust:latest" "$registry/examples/rust/docs:latest"

step "done"
cat <<END
Two projects declared three images. stemma compiled their pipelines; the pipelines built, tested and released the images.
Each image names the image it is built on, by digest, and the pipeline that built it.

  the definitions   examples/nested-images/base/stemma.yaml, examples/nested-images/rust/stemma.yaml
  compiled from it  .demo/rust/.gitlab/stemma.gitlab-ci.yml
  the jobs' logs    .demo/base.log, .demo/rust.log
  next              docs/manual.md
  to remove it all  make clean
END
