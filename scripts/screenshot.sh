#!/bin/sh
# Makes docs/pictures/graph.png, the page of `stemma graph --format html` for an example, with Debian's Chromium. Run `make build` before.
set -eu

top=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
"$top/scripts/install.sh" chromium fonts-dejavu-core
dir=$(mktemp -d)
trap '"$top/scripts/clean.sh" "$dir"' EXIT
trap 'exit 130' INT TERM HUP

"$top/bin/stemma" -C "$top/examples/containerfiles" graph --format html > "$dir/page.html"
chromium --headless --no-sandbox --hide-scrollbars --user-data-dir="$dir/chromium" --force-device-scale-factor=1 --window-size=1500,420 \
	--screenshot="$top/docs/pictures/graph.png" "file://$dir/page.html#tools" 2> "$dir/log" || { cat "$dir/log" >&2; exit 1; }
