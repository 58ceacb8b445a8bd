#!/bin/sh
# Removes the named files and folders, container storage included: files of a user namespace belong to other users outside
# of it, and overlay and interrupted builds leave mounts.
set -eu

for path in "$@"; do
	[ -e "$path" ] || continue
	full=$(CDPATH='' cd "$(dirname "$path")" && pwd)/$(basename "$path")
	awk -v below="$full/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount
	chmod -R u+w "$full" 2>/dev/null || true # Go keeps its modules read-only
	rm -rf --one-file-system "$full" 2>/dev/null || buildah unshare rm -rf --one-file-system "$full"
done
