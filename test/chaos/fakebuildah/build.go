package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// build builds a Containerfile with one FROM and some COPY.
func (s store) build(a arguments) error {
	source, err := os.ReadFile(a.flag("--file"))
	if err != nil {
		return err
	}
	for _, secret := range a.flags["--secret"] {
		_, file, _ := strings.Cut(secret, "src=")
		if _, err := os.ReadFile(file); err != nil {
			return fmt.Errorf("a secret cannot be read: %w", err)
		}
	}
	var made image
	files, values := map[string][]byte{}, map[string]string{}
	for _, assignment := range a.flags["--build-arg"] {
		name, value, _ := strings.Cut(assignment, "=")
		values[name] = value
	}
	for line := range strings.Lines(string(source)) {
		words := strings.Fields(os.Expand(line, func(name string) string { return values[name] }))
		switch {
		case len(words) < 2:
		case words[0] == "FROM":
			if made, err = readImage("docker://"+base(words[1], a), a.flag("--platform")); err != nil {
				return err
			}
		case words[0] == "COPY" && len(words) == 3:
			if files[words[2]], err = os.ReadFile(filepath.Join(a.last(), words[1])); err != nil {
				return err
			}
		}
	}
	if made.config == nil {
		return errors.New("the Containerfile has no FROM")
	}
	if err := made.add(files, "build"); err != nil {
		return err
	}
	id, err := s.keep(made)
	if err != nil {
		return err
	}
	return os.WriteFile(a.flag("--iidfile"), []byte("sha256:"+id), 0o600)
}

// base is the image that a FROM line means.
func base(written string, a arguments) string {
	for _, context := range a.flags["--build-context"] {
		name, image, _ := strings.Cut(context, "=")
		if name == written {
			return strings.TrimPrefix(image, "docker-image://")
		}
	}
	return written
}
