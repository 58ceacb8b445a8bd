package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

const variable = "STEMMA_MUTANT"

// support is compiled into the package.
const support = `package %s

import (
	"os"
	"strconv"
)

var mutantActive = func() int { n, _ := strconv.Atoi(os.Getenv("` + variable + `")); return n }()

func mutant(n int) bool { return mutantActive == n }

func mutantAnd(n int, a bool, b func() bool) bool {
	if mutant(n) {
		return a || b()
	}
	return a && b()
}

func mutantOr(n int, a bool, b func() bool) bool {
	if mutant(n) {
		return a && b()
	}
	return a || b()
}

func mutantZero[T any](n int, v T) T {
	if mutant(n) {
		var zero T
		return zero
	}
	return v
}
`

// program is a compiled test program.
type program struct {
	path, dir string
	limit     time.Duration
}

// build compiles the test programs. The mistakes of lines that do not compile are given up.
func (m *mutation) build(work string, tests []string) ([]program, error) {
	var programs []program
	for i, test := range tests {
		dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", test).Output()
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", test, err)
		}
		p := program{path: filepath.Join(work, fmt.Sprintf("test%d", i)), dir: string(dir[:len(dir)-1])}
		if err := m.compile(work, test, p.path); err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	for i := range programs {
		start := time.Now()
		programs[i].limit = 5 * time.Minute
		if isFound(programs[i:i+1], 0) {
			return nil, fmt.Errorf("the tests of %s fail without a mistake", tests[i])
		}
		programs[i].limit = 3*time.Since(start) + 5*time.Second
	}
	return programs, nil
}

func (m *mutation) compile(work, test, out string) error {
	for range 40 {
		overlay, err := m.overlay(work)
		if err != nil {
			return err
		}
		output, err := exec.Command("go", "test", "-c", "-vet=off", "-gcflags=-e", "-overlay", overlay, "-o", out, test).CombinedOutput()
		if err == nil {
			return nil
		}
		if !m.refuse(string(output)) {
			return fmt.Errorf("compile the tests of %s: %w\n%s", test, err, output)
		}
	}
	return fmt.Errorf("compile the tests of %s: too many mistakes do not compile", test)
}

var errorLine = regexp.MustCompile(`(?m)([a-z0-9_]+\.go):(\d+):\d+: `)

// refuse gives up the mistakes of the lines that a compiler's output names; each edit is on one line, so that lines stay where they are.
func (m *mutation) refuse(output string) bool {
	more := false
	for _, found := range errorLine.FindAllStringSubmatch(output, -1) {
		line := filepath.Join(m.pkg.dir, found[1]) + ":" + found[2]
		more = more || !m.refused[line]
		m.refused[line] = true
	}
	return more
}

// overlay writes the files with their mistakes beside those of the package, for the go command to read instead.
func (m *mutation) overlay(work string) (string, error) {
	replaced := map[string]string{}
	write := func(name, content string) error {
		path := filepath.Join(work, filepath.Base(name))
		replaced[name] = path
		return os.WriteFile(path, []byte(content), 0o600)
	}
	if err := write(filepath.Join(m.pkg.dir, "mutant_support.go"), fmt.Sprintf(support, m.pkg.name)); err != nil {
		return "", err
	}
	m.collect()
	for _, f := range m.pkg.files {
		if m.edits[f.name] != nil {
			if err := write(f.name, m.edited(f)); err != nil {
				return "", err
			}
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	path := filepath.Join(work, "overlay.json")
	return path, os.WriteFile(path, content, 0o600)
}

// isFound reports whether a test fails with a mistake, or does not end. The samples of cases that -short takes are tried first.
func isFound(programs []program, number int) bool {
	for _, kind := range []string{"-test.short", "-test.short=false"} {
		for _, p := range programs {
			ctx, stop := context.WithTimeout(context.Background(), p.limit)
			cmd := exec.CommandContext(ctx, p.path, "-test.failfast", kind)
			cmd.Dir, cmd.Env = p.dir, append(os.Environ(), variable+"="+strconv.Itoa(number))
			err := cmd.Run()
			stop()
			if err != nil {
				return true
			}
		}
	}
	return false
}
