#!/bin/sh
# Fetches the Go toolchain that go.mod names into a folder, unless the machine's Go can build the project.
# Go before 1.21 cannot read go.mod, and from 1.21 on GOTOOLCHAIN=local keeps Go from fetching the toolchain itself.
#
#   toolchain.sh FOLDER           fetch the toolchain if it is needed
#   toolchain.sh FOLDER --needed  only tell, by the exit status, whether it has to be fetched
set -eu

here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
folder=$1
wanted=$(sed -n 's/^go //p' "$here/../go.mod")

# builds runs Go twice: the first may download the toolchain, and says so.
builds() {
	cd "$here/.."
	"$1" list -m 2>&1 >/dev/null | grep '^go: downloading' >&2 || true
	"$1" list -m >/dev/null 2>&1
}

if (builds "$folder/bin/go") || (builds go); then
	[ $# -eq 1 ] || exit 1
	exit 0
fi
[ $# -eq 1 ] || exit 0

stop() {
	echo "$*" >&2
	exit 1
}

case $(uname -s)-$(uname -m) in
Linux-x86_64) platform=linux-amd64 ;;
Linux-aarch64) platform=linux-arm64 ;;
*) stop "stemma needs Go $wanted: install it from https://go.dev/dl and put it in PATH." ;;
esac
version=v0.0.1-go$wanted.$platform
sum=$(sed -n "s/^$version //p" "$here/toolchain.sums")
[ -n "$sum" ] || stop "scripts/toolchain.sums has no checksum of $version."

proxy=${GOPROXY:-}
proxy=${proxy%%[,|]*}
case $proxy in '' | direct | off) proxy=https://proxy.golang.org ;; esac

new=$folder.new
rm -rf "$new"
mkdir -p "$new"
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM HUP

echo "fetching Go $wanted (70 MB) from $proxy"
curl --fail --silent --show-error --location --retry 3 --connect-timeout 20 --max-time 600 \
	--output "$new/toolchain.zip" "$proxy/golang.org/toolchain/@v/$version.zip" ||
	stop "Go $wanted cannot be fetched from $proxy. Set GOPROXY to a proxy that this machine reaches, or install Go from https://go.dev/dl."
unzip -q "$new/toolchain.zip" -d "$new/files"

# The checksum is that of https://go.dev/ref/mod#go-sum-files: a hash over the sorted hashes of the files.
got=h1:$(
	cd "$new/files"
	find . -type f -print0 | sed -z 's|^\./||' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum |
		cut -c1-64 | tr a-f A-F | basenc --base16 --decode | base64
)
[ "$got" = "$sum" ] || stop "The Go toolchain from $proxy has the checksum $got, and scripts/toolchain.sums wants $sum. Nothing is installed."

# A module has no executable files, and a go.mod in it would end it.
go=$new/files/golang.org/toolchain@$version
find "$go" -name _go.mod -execdir mv {} go.mod \;
chmod +x "$go"/bin/* "$go"/pkg/tool/*/*
rm -rf "$folder"
mv "$go" "$folder"
