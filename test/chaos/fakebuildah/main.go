// Command fakebuildah replaces buildah where thousands of builds make the real one too slow. It pulls real images from a registry and
// writes real "dir:" images, but its containers are processes of the host without a root folder of their own.
//
// It leaves out: everything that RUN does (its secrets must be readable, nothing more), stages, ignore files, layer caches, storage
// names of images, drivers, signatures and limits. Scripts run in an empty folder, with the environment of the image's configuration and nothing else.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Variables that the harness sets.
const (
	// varStore is the folder of containers and images.
	varStore = "CHAOS_STORE"
	// varArguments is a file that receives the arguments of each call.
	varArguments = "CHAOS_ARGUMENTS"
	// varTested is a file that receives a line for each test of an image: see run.
	varTested = "CHAOS_TESTED"
)

func main() {
	if err := do(os.Args[1:]); err != nil {
		var status exitStatus
		if errors.As(err, &status) {
			os.Exit(int(status))
		}
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(125) // as buildah does
	}
}

func do(args []string) error {
	if err := appendLine(os.Getenv(varArguments), strings.Join(args, "\x00")); err != nil {
		return err
	}
	if len(args) == 0 {
		return errors.New("no command is given")
	}
	s := store{folder: os.Getenv(varStore)}
	commands := map[string]func(arguments) error{
		"info": func(arguments) error { return nil },
		"from": s.from, "run": s.run, "config": s.config, "commit": s.commit, "build": s.build, "push": s.push, "pull": s.pull,
		"tag": func(arguments) error { return nil }, "images": func(arguments) error { fmt.Println("[]"); return nil },
		"inspect": s.inspect, "mount": s.mount, "umount": func(arguments) error { return nil }, "rm": s.remove, "rmi": s.remove,
	}
	command, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("fakebuildah has no %q", args[0])
	}
	return command(parse(args[1:]))
}

// appendLine adds a line to a file; an empty name means no file.
func appendLine(name, line string) error {
	if name == "" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line + "\n")
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
