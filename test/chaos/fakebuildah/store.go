package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// store keeps containers and images, each in a folder of the layout of "dir:".
type store struct{ folder string }

// keep writes an image under a new name.
func (s store) keep(i image) (name string, err error) {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // which does not fail
	name = hex.EncodeToString(id)
	return name, i.writeFolder(s.at(name), false)
}

func (s store) at(name string) string {
	return filepath.Join(s.folder, filepath.Base(strings.TrimPrefix(name, "sha256:")))
}

func (s store) read(name string) (image, error) {
	found, err := readFolder(s.at(name))
	if err != nil {
		return image{}, fmt.Errorf("%s: no such container or image: %w", name, err)
	}
	return found, nil
}

// find reads an image of the store, a registry or a folder.
func (s store) find(reference, platform string) (image, error) {
	if strings.HasPrefix(reference, "docker://") || strings.HasPrefix(reference, "dir:") {
		return readImage(reference, platform)
	}
	return s.read(reference)
}

func (s store) from(a arguments) error {
	if a.last() == "scratch" {
		return errors.New("fakebuildah builds nothing from scratch")
	}
	found, err := s.find(a.last(), a.flag("--platform"))
	if err != nil {
		return err
	}
	name, err := s.keep(found)
	if err == nil {
		fmt.Println(name)
	}
	return err
}

func (s store) pull(a arguments) error { return s.from(a) }

func (s store) config(a arguments) error {
	container, err := s.read(a.last())
	if err != nil {
		return err
	}
	err = container.configure(func(config *v1.ConfigFile) {
		config.Config.Env = append(config.Config.Env, a.flags["--env"]...)
		if user := a.flag("--user"); user != "" {
			config.Config.User = user
		}
		if folder := a.flag("--workingdir"); folder != "" {
			config.Config.WorkingDir = folder
		}
	})
	if err != nil {
		return err
	}
	return container.writeFolder(s.at(a.last()), false)
}

func (s store) commit(a arguments) error {
	if len(a.all()) != 2 {
		return errors.New("commit wants a container and a target")
	}
	container, err := s.read(a.first())
	if err != nil {
		return err
	}
	if err := container.add(nil, "commit"); err != nil {
		return err
	}
	return s.write(container, a)
}

func (s store) push(a arguments) error {
	found, err := s.read(a.first())
	if err != nil {
		return err
	}
	return s.write(found, a)
}

// write writes an image to the folder that the last argument names.
func (s store) write(i image, a arguments) error {
	folder, ok := strings.CutPrefix(a.last(), "dir:")
	if !ok {
		return fmt.Errorf("fakebuildah writes only to dir:, not to %s", a.last())
	}
	return i.writeFolder(folder, a.flag("--format") == "oci")
}

func (s store) inspect(a arguments) error {
	found, err := s.read(a.last())
	if err != nil {
		return err
	}
	return found.configure(func(config *v1.ConfigFile) { fmt.Println(config.Config.User) })
}

// mount makes the folder of a container's files, which is empty.
func (s store) mount(a arguments) error {
	folder := s.at(a.last()) + ".files"
	fmt.Println(folder)
	return os.MkdirAll(folder, 0o755)
}

func (s store) remove(a arguments) error {
	for _, name := range a.all() {
		if err := os.RemoveAll(s.at(name) + ".files"); err != nil {
			return err
		}
		if err := os.RemoveAll(s.at(name)); err != nil {
			return err
		}
	}
	return nil
}
