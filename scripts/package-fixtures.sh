#!/bin/sh
# Makes the stored databases of packages in internal/platform/packages/testdata, with the programs that they belong to.
# It needs rpm, rpmbuild, sqlite3 of Python, db5.3_load and pacman: apt-get install rpm python3 db5.3-util pacman-package-manager.
# It changes nothing outside the folder.
set -eu
target=${1:-$(dirname "$0")/../internal/platform/packages/testdata}
mkdir -p "$target"
target=$(cd "$target" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# spec NAME EPOCH VERSION RELEASE ARCHITECTURE builds a package without files.
spec() {
	cat >package.spec <<-END
		Name: $1
		Epoch: $2
		Version: $3
		Release: $4
		Summary: A package of a test
		License: Apache-2.0
		BuildArch: $5
		%description
		A package of a test.
		%files
	END
	rpmbuild --quiet -bb --nodeps --define "_topdir $work/rpm" --target "$5" package.spec
}
spec hello 0 1.0 1 noarch
spec world 2 3.1~rc1 4.fc43 x86_64
spec kernel 0 6.1.0 1 x86_64
spec kernel 0 6.2.0 1 x86_64
for number in $(seq 60); do
	spec "many$number" 0 "$number" 1 noarch
done

set -- --define "_db_backend sqlite" --dbpath "$work/db"
rpmdb "$@" --initdb
find rpm/RPMS -name '*.rpm' -exec rpm "$@" -i --justdb --nodeps --ignorearch --ignoreos --force {} +
rpm "$@" -e --justdb many7
rpm "$@" -qa | LC_ALL=C sort >"$target/rpm.list"
gzip -9n <db/rpmdb.sqlite >"$target/rpmdb.sqlite.gz"

# Debian's rpm writes no other format. Berkeley DB's own program makes a database with the same headers, as rpm did until 4.16.
python3 - db/rpmdb.sqlite <<'END' | db5.3_load Packages
import sqlite3, sys
print("VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END")
for number, header in sqlite3.connect(sys.argv[1]).execute("SELECT hnum, blob FROM Packages"):
    print(" " + number.to_bytes(4, "little").hex() + "\n " + header.hex())
print("DATA=END")
END
gzip -9n <Packages >"$target/Packages.gz"

# pkg NAME VERSION ARCHITECTURE builds a package of pacman.
pkg() {
	mkdir -p pkg
	printf 'pkgname = %s\npkgver = %s\npkgdesc = A package of a test\narch = %s\nsize = 1\n' "$1" "$2" "$3" >pkg/.PKGINFO
	tar -C pkg -czf "$1.pkg.tar.gz" .PKGINFO
}
pkg hello 1.0-1 any
pkg world 2:3.1rc1-4.1 x86_64
mkdir -p arch/var/lib/pacman
printf '[options]\nArchitecture = x86_64\nSigLevel = Never\nLocalFileSigLevel = Never\n' >pacman.conf
pacman="pacman --root $work/arch --dbpath $work/arch/var/lib/pacman --cachedir $work --config $work/pacman.conf --noconfirm"
$pacman -U --dbonly hello.pkg.tar.gz world.pkg.tar.gz
$pacman -Q | LC_ALL=C sort >"$target/pacman.list"
tar -C arch --sort=name --mtime=@0 --owner=0 --group=0 -cf - var/lib/pacman/local | gzip -9n >"$target/pacman.tar.gz"
