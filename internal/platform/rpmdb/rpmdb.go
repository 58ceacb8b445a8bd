// Package rpmdb reads the database of rpm in its three formats: those of Berkeley DB, ndb and SQLite. Only stemma-rpm links it: it is large, and
// its libraries may panic or take any amount of memory for a damaged database, which ends only that process.
package rpmdb

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	_ "github.com/glebarez/go-sqlite" // the driver that go-rpmdb uses
	rpmdb "github.com/knqyf263/go-rpmdb/pkg"
)

// Package is an installed package. Version is "epoch:version-release"; the epoch is missing if it is zero.
type Package struct{ Name, Version, Architecture string }

// Read returns the packages of a database, in any order. A database in SQLite may have a journal beside it.
func Read(file string) ([]Package, error) {
	db, err := rpmdb.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }() // nothing was written
	infos, err := db.ListPackages()
	if err != nil {
		return nil, err
	}
	if err := check(file, len(infos)); err != nil {
		return nil, err
	}
	packages := make([]Package, len(infos))
	for i, info := range infos {
		if info.Name == "" {
			return nil, errors.New("a package has no name")
		}
		packages[i] = Package{info.Name, info.Version + "-" + info.Release, info.Arch}
		if info.Epoch != nil && *info.Epoch != 0 {
			packages[i].Version = fmt.Sprintf("%d:%s", *info.Epoch, packages[i].Version)
		}
	}
	return packages, nil
}

// check counts the packages of a database in SQLite: the library ends its list early, without an error, where a page is damaged.
func check(file string, listed int) error {
	if filepath.Ext(file) != ".sqlite" {
		return nil
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing was written
	var sound string
	var count int
	err = db.QueryRow("PRAGMA quick_check(1)").Scan(&sound)
	if err == nil && sound != "ok" {
		err = errors.New(sound)
	}
	if err == nil {
		err = db.QueryRow("SELECT count(*) FROM Packages").Scan(&count)
	}
	if err == nil && count != listed {
		err = fmt.Errorf("%d of %d packages can be read", listed, count)
	}
	return err
}
