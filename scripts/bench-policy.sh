#!/bin/bash
# The CPU time that a policy adds to `stemma check`, against that of `cue vet` for the same resolved definition of 1,000 images. The runs alternate,
# and each is compared with the one beside it. Needs stemma and cue on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r examples/policy/policy "$work/policy"
rm -r "$work/policy/tests"

# definition USER has images in chains of ten.
definition() {
	printf 'version: 1\nproject: group/project\ndefaults: {user: "%s", checks: {maxSize: 1GB}, ' "$1"
	printf 'labels: {owner: team-a, org.opencontainers.image.licenses: MIT}}\nimages:\n'
	for ((i = 0; i < 1000; i++)); do
		printf '  image-%d:\n    packages: [curl, package-%d]\n    exec: make install\n    tests: [{name: works, run: curl --version}]\n' "$i" "$i"
		printf '    release: [{repository: registry.corp.example/team/image-%d, tags: [latest]}]\n' "$i"
		if ((i % 10)); then
			printf '    base: image-%d\n' $((i - 1))
		else
			printf '    distribution: debian\n    base: docker.io/library/debian:trixie@sha256:%064d\n' "$i"
		fi
	done
}

# cpu COMMAND... prints the user and system time of a command in milliseconds.
cpu() {
	local TIMEFORMAT='%U %S' times
	times=$({ time "$@" > /dev/null 2>&1 || true; } 2>&1)
	awk '{printf "%d\n", ($1 + $2) * 1000}' <<< "$times"
}

for user in 1000 root; do
	definition "$user" > "$work/stemma.yaml"
	stemma compile -C "$work" > /dev/null
	stemma resolve -C "$work" > "$work/resolved.json"
	cd "$work"
	for ((run = 0; run < ${RUNS:-7}; run++)); do
		echo "$(cpu stemma check) $(cpu stemma check --policy policy) $(cpu cue vet ./policy resolved.json)"
	done | awk '{print ($2 - $1) / $3, $0}' | sort -n | awk -v user="$user" '
		{line[NR] = $0}
		END {
			split(line[1], least); split(line[int((NR + 1) / 2)], middle); split(line[NR], most)
			printf "user %s: %.2f times (%.2f to %.2f); check %d ms, with the policy %d ms, cue vet %d ms\n",
				user, middle[1], least[1], most[1], middle[2], middle[3], middle[4]
		}'
	cd - > /dev/null
done
