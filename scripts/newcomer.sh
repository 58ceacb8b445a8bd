#!/bin/sh
# Acts as a newcomer with a fresh clone on a Debian machine: with Debian's own Go, which is too old, and with a Go that
# fits. It then runs `stemma init` in five kinds of repository, and the commands that its output names. CI runs all tests, and the example of the demo, in steps of their own, so PACKAGES keeps `make test` short here,
# and the demo runs only if it is asked for.
#
#   newcomer.sh | newcomer.sh demo
set -eu

top=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
go=$(dirname "$(command -v go)")
"$top/scripts/install.sh" golang-go make

dir=$(mktemp -d)
trap '"$top/scripts/clean.sh" "$dir"' EXIT
trap 'exit 130' INT TERM HUP
git clone --quiet "$top" "$dir/stemma"
cd "$dir/stemma"

fail() {
	echo "newcomer: $*" >&2
	exit 1
}

# with runs make with a PATH that begins with a folder of Go's.
with() {
	folder=$1
	shift
	echo "== make $*, with $("$folder/go" version)"
	env PATH="$folder:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" make "$@" > "$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		fail "make $* fails"
	}
}

expect() { grep -q -- "$1" "$dir/log" || { cat "$dir/log" >&2; fail "the output does not have \"$1\""; }; }

with "$go" test PACKAGES=./schema
[ ! -e .tools/toolchain ] || fail "Go was fetched, though the machine has one that fits"

# begin runs `stemma init` in a repository with the files of a kind, and what the last line of its output says.
begin() {
	kind=$1
	echo "== stemma init, $kind"
	mkdir "$dir/$kind"
	[ "$kind" = empty ] || cp -r "test/newcomer/$kind/." "$dir/$kind"
	(
		PATH=$PWD/bin:$PATH
		cd "$dir/$kind"
		git init --quiet --initial-branch main
		git add --all
		stemma init --yes > "$dir/log" 2>&1 || { cat "$dir/log" >&2; fail "stemma init fails"; }
		grep '^next: ' "$dir/log" | tail -n 1 | tr '`' '\n' | grep '^stemma ' > "$dir/next"
		grep -qx 'stemma compile' "$dir/next" || { cat "$dir/log" >&2; fail "stemma init does not say what is next"; }
		git add --all
		while read -r command; do
			$command > "$dir/log" 2>&1 || { cat "$dir/log" >&2; fail "$command fails"; }
			git add --all
		done < "$dir/next"
		stemma check > "$dir/log" 2>&1 || { cat "$dir/log" >&2; fail "stemma check fails"; }
		expect "^ok: .* output up to date"
	)
}

with "$go" build
for kind in empty containerfiles ci-templates gipgee image-jobs; do
	begin "$kind"
done

if [ "${1:-}" = demo ]; then
	started=$(date +%s)
	with /usr/lib/go/bin demo
	expect "to remove it all  make clean"
	expect "rust:latest@sha256:"
	echo "make demo took $(($(date +%s) - started)) s"
fi

with /usr/lib/go/bin test PACKAGES=./schema
with /usr/lib/go/bin clean
left=$(git status --short --ignored)
[ -z "$left" ] || fail "make clean leaves $left"
! grep -q " $dir/" /proc/mounts || fail "make clean leaves mounts"
