#!/bin/sh
# Installs the Debian packages that are named and missing; without arguments, all that the end-to-end tests need.
# Without the right to install it says what to install instead.
set -eu

[ $# -gt 0 ] || set -- buildah crun curl docker-registry git hyperfine mmdebstrap npm pre-commit rsync skopeo busybox-static shellcheck time

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
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
