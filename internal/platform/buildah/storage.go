package buildah

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// chooseStorage chooses where and how buildah keeps images: as the machine's own configuration says, or with the driver that STORAGE_DRIVER
// names, or with the first that works. Overlay shares the layers that vfs copies, but does not work on itself, which most runners' containers
// have.
func (b *Builder) chooseStorage(ctx context.Context) error {
	if b.isConfigured() {
		return nil
	}
	drivers := []string{"overlay", "vfs"}
	if driver := b.value("STORAGE_DRIVER"); driver != "" {
		drivers = []string{driver}
	}
	var tried error
	for _, driver := range drivers {
		err := b.probe(ctx, driver)
		if err == nil {
			return b.useStorage(driver, b.folders())
		}
		tried = errors.Join(tried, fmt.Errorf("%s: %w", driver, err))
	}
	return fmt.Errorf("buildah cannot keep images here; set STORAGE_DRIVER (vfs works in most places), or let the runner allow user namespaces: %w", tried)
}

// isConfigured reports whether somebody has written a configuration of the storage.
func (b *Builder) isConfigured() bool {
	if b.value("CONTAINERS_STORAGE_CONF") != "" {
		return true
	}
	for _, file := range []string{"/etc/containers/storage.conf", filepath.Join(b.value("HOME"), ".config/containers/storage.conf")} {
		if _, err := os.Stat(file); err == nil {
			return true
		}
	}
	return false
}

// folders are where images and containers are kept.
type folders struct{ graph, run string }

// folders are the places that buildah itself would choose.
func (b *Builder) folders() folders {
	if os.Geteuid() == 0 {
		return folders{"/var/lib/containers/storage", "/run/containers/storage"}
	}
	data := cmp.Or(b.value("XDG_DATA_HOME"), filepath.Join(b.value("HOME"), ".local/share"))
	run := cmp.Or(b.value("XDG_RUNTIME_DIR"), filepath.Join(os.TempDir(), "storage-run-"+strconv.Itoa(os.Geteuid())))
	return folders{filepath.Join(data, "containers/storage"), filepath.Join(run, "containers")}
}

// useStorage writes a configuration for this builder. STORAGE_DRIVER alone is not enough: a part of buildah looks for a
// driver by itself, and leaves traces that the next command takes for a store.
func (b *Builder) useStorage(driver string, at folders) error {
	file := filepath.Join(b.config.Scratch, "storage-"+driver+".conf")
	content := fmt.Sprintf("[storage]\ndriver = %q\ngraphroot = %q\nrunroot = %q\n", driver, at.graph, at.run)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		return fmt.Errorf("write buildah's configuration: %w", err)
	}
	b.environ = append(b.environ, "STORAGE_DRIVER="+driver, "CONTAINERS_STORAGE_CONF="+file)
	return nil
}

// probe asks buildah whether it can use a driver, on the file system of the real store but outside of it.
func (b *Builder) probe(ctx context.Context, driver string) error {
	real := b.folders()
	if err := os.MkdirAll(filepath.Dir(real.graph), 0o755); err != nil {
		return err
	}
	place := b.probePlace(b.id())
	if err := os.MkdirAll(place, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(place)
	trial := &Builder{config: b.config, environ: b.environ}
	if err := trial.useStorage(driver, folders{filepath.Join(place, "graph"), filepath.Join(place, "run")}); err != nil {
		return err
	}
	command := trial.command(ctx, "info")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, lastLine(stderr.String()))
	}
	return nil
}
