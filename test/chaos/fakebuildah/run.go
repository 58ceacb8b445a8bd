package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// exitStatus is the status of a command that ran in a container.
type exitStatus int

// Error implements error.
func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// testMark begins the tests of the harness: ": chaos-test NAME;".
var testMark = regexp.MustCompile(`: chaos-test ([a-z]+);`)

// run runs a command on this machine. Where the command has the mark of a test, it notes the test's name, the id of the image and the
// status.
func (s store) run(a arguments) error {
	name := a.first()
	container, err := s.read(name)
	if err != nil {
		return err
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(container.config, &config); err != nil {
		return err
	}
	if len(a.command) == 0 {
		return errors.New("no command is given")
	}
	folder := s.at(name) + ".files"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	args, hosts := mounted(a)
	command := exec.Command(args[0], args[1:]...)
	command.Dir = folder
	if at := a.flag("--workingdir"); at != "" {
		command.Dir = hosts(at)
	}
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder}, config.Config.Env...)
	for _, assignment := range a.flags["--env"] {
		command.Env = append(command.Env, hosts(assignment))
	}
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	status := exitStatus(0)
	var failed *exec.ExitError
	if err := command.Run(); errors.As(err, &failed) {
		status = exitStatus(failed.ExitCode())
	} else if err != nil {
		return err
	}
	if mark := testMark.FindStringSubmatch(strings.Join(a.command, " ")); mark != nil {
		line := fmt.Sprintf("%s %s %d", mark[1], digestOf(container.config), status)
		if err := appendLine(os.Getenv(varTested), line); err != nil {
			return err
		}
	}
	if status != 0 {
		return status
	}
	return nil
}

// mounted are the words of the command, with the paths of volumes as this machine has them, and what translates one more text.
func mounted(a arguments) (args []string, hosts func(string) string) {
	var pairs []string
	for _, volume := range a.flags["--volume"] {
		host, inside, _ := strings.Cut(volume, ":")
		inside, _, _ = strings.Cut(inside, ":")
		pairs = append(pairs, inside, host)
	}
	hosts = strings.NewReplacer(pairs...).Replace
	for _, word := range a.command {
		args = append(args, hosts(word))
	}
	return args, hosts
}
