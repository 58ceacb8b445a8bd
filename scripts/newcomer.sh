#!/bin/sh
# Acts as a newcomer with a fresh clone on a Debian machine: with Debian's own Go, which is too old, and with a Go that
# fits. CI runs all tests, and the example of the demo, in steps of their own, so PACKAGES keeps `make test` short here,
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
