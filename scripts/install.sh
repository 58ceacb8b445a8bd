#!/bin/sh
# Installs the Debian packages that are named and missing; without arguments, all that the end-to-end tests need.
# Without the right to install it says what to install instead. --can-lock only tells, by the exit status, whether the
# package manager is free, or becomes free within its time limit.
set -eu

seconds=${APT_LOCK_TIMEOUT:-60}

if [ "${1:-}" = --can-lock ]; then
	as_root=
	[ "$(id -u)" -eq 0 ] || as_root=sudo
	$as_root apt-get -o DPkg::Lock::Timeout="$seconds" check >/dev/null 2>&1
	exit
fi

[ $# -gt 0 ] || set -- buildah chromium crun curl docker-registry fonts-dejavu-core git hyperfine mmdebstrap npm pre-commit rsync skopeo busybox-static shellcheck time

missing=
for package in "$@"; do
	# Node's own packages bring npm too, and Debian's conflicts with them.
	[ "$package" = npm ] && command -v npm >/dev/null && continue
	dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! sudo -n true 2>/dev/null; then
		echo "Install these packages first: apt-get install --no-install-recommends$missing" >&2
		exit 1
	fi
	as_root=sudo
fi

# apt_get waits for the locks of other package managers, but not without a limit.
apt_get() { DEBIAN_FRONTEND=noninteractive timeout 900 $as_root apt-get -qq -o DPkg::Lock::Timeout="$seconds" -o Acquire::http::Timeout=30 -o Acquire::Retries=3 "$@"; }

# The lock of the package lists has no timeout of its own.
tries=$((seconds / 2 + 1))
until output=$(apt_get update 2>&1); do
	case $output in *"/var/lib/apt/lists/lock"*) ;; *) tries=0 ;; esac
	tries=$((tries - 1))
	if [ "$tries" -le 0 ]; then
		printf '%s\n' "$output" >&2
		exit 1
	fi
	sleep 2
done
# shellcheck disable=SC2086 # a list of packages
if ! output=$(apt_get install -y --no-install-recommends $missing 2>&1); then
	printf '%s\n' "$output" >&2
	exit 1
fi
