//go:build chaos

package chaos_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// secrets are the strings that must not turn up anywhere.
type secrets struct {
	mu    sync.Mutex
	known [][]byte
}

// make makes a secret that no other run has.
func (s *secrets) make() string {
	random := make([]byte, 12)
	_, _ = rand.Read(random) // which does not fail
	secret := "canary" + hex.EncodeToString(random)
	s.add(secret)
	return secret
}

func (s *secrets) add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = append(s.known, []byte(secret))
}

// addLogin adds a password, and what an HTTP header or a file with credentials has of it.
func (s *secrets) addLogin(user, password string) {
	s.add(password)
	s.add(base64.StdEncoding.EncodeToString([]byte(user + ":" + password)))
}

// in is a secret that stands in a text; empty if none does.
func (s *secrets) in(text []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range s.known {
		if bytes.Contains(text, secret) {
			return string(secret)
		}
	}
	return ""
}

// below are the files with a secret below a folder.
func (s *secrets) below(folder string) []string {
	var found []string
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // what vanishes meanwhile holds no secret
		}
		if content, err := os.ReadFile(path); err == nil && s.in(content) != "" {
			found = append(found, path)
		}
		return nil
	})
	return found
}

// watchArguments looks at the arguments of all processes of the machine until a context ends, and tells of those with a secret.
func (s *secrets) watchArguments(ctx context.Context, tell func(arguments string)) {
	told := map[string]bool{}
	for ctx.Err() == nil {
		lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, line := range lines {
			arguments, err := os.ReadFile(line)
			if text := strings.ReplaceAll(string(arguments), "\x00", " "); err == nil && s.in(arguments) != "" && !told[text] {
				told[text] = true
				tell(text)
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
}
