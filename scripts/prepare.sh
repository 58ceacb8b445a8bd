#!/bin/sh
# Checks everything that `make test` or `make demo` needs before anything is built. It installs what it may, and lists all
# that is still missing at once.
#
#   prepare.sh test | prepare.sh demo
set -eu

here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
toolchain=$here/../.tools/toolchain
purpose=$1

problems=
problem() { problems="$problems
  - $*"; }

missing=
want() { # Each program has the name of its Debian package, except where PROGRAM:PACKAGE says so.
	for item in "$@"; do
		command -v "${item%:*}" >/dev/null || missing="$missing ${item#*:}"
	done
}

may_install() { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }

# is_taken tells whether a program listens on a port of this machine. State 0A is LISTEN.
is_taken() {
	hex=$(printf '%04X' "$1")
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

check_go() {
	if "$here/toolchain.sh" "$toolchain" --needed; then
		want curl unzip
		case $(uname -s)-$(uname -m) in
		Linux-x86_64 | Linux-aarch64) ;;
		*) problem "Go $(sed -n 's/^go //p' "$here/../go.mod") or later: install it from https://go.dev/dl" ;;
		esac
	fi
}

check_containers() {
	if ! unshare --user --map-root-user true 2>/dev/null && [ "$(id -u)" -ne 0 ]; then
		problem "user namespaces, which this machine forbids: allow them (sysctl kernel.unprivileged_userns_clone=1), or run as root"
	elif [ "$(id -u)" -eq 0 ] && ! unshare --mount --propagation unchanged true 2>/dev/null; then
		problem "the right to mount, which this container lacks: run on a machine, or in a container with --privileged"
	fi
	if [ "$(id -u)" -ne 0 ]; then
		want newuidmap:uidmap
		if ! grep -q "^$(id -un):" /etc/subuid || ! grep -q "^$(id -un):" /etc/subgid; then
			problem "subordinate user ids: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un), as root"
		fi
	fi
}

check_port() {
	port=${DEMO_PORT:-5057}
	case $port in '' | *[!0-9]*)
		problem "a port: DEMO_PORT is '$port', which is no number"
		return
		;;
	esac
	! is_taken "$port" || problem "port $port for a registry, which another program uses: set DEMO_PORT to a free port"
}

check_packages() {
	[ -n "$missing" ] || return 0
	if ! command -v apt-get >/dev/null; then
		problem "these programs:$missing"
	elif ! may_install; then
		problem "Debian packages, which only root may install: apt-get install --no-install-recommends$missing"
	elif ! "$here/install.sh" --can-lock; then
		problem "the package manager, which another program keeps locked: wait for it, or end it"
	fi
}

want git
check_go
case $purpose in
test) ;;
demo)
	want buildah crun curl docker-registry mmdebstrap npm rsync
	check_containers
	check_port
	;;
*)
	echo "prepare.sh: test or demo, not $purpose" >&2
	exit 2
	;;
esac
check_packages

if [ -n "$problems" ]; then
	echo "make $purpose needs this first:$problems" >&2
	exit 1
fi
if [ -n "$missing" ]; then
	echo "installing$missing"
	# shellcheck disable=SC2086 # a list of packages
	"$here/install.sh" $missing
fi
"$here/toolchain.sh" "$toolchain"
