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

// canary begins the secrets that the harness makes. Nothing else has it.
const canary = "canary-in-the-mine-"

// secrets are the strings that must not turn up anywhere: those that begin with canary, and others.
type secrets struct {
	mu     sync.Mutex
	others [][]byte
}

// make makes a secret.
func (s *secrets) make() string {
	random := make([]byte, 12)
	_, _ = rand.Read(random) // which does not fail
	return canary + hex.EncodeToString(random)
}

func (s *secrets) add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.others = append(s.others, []byte(secret))
}

// addLogin adds a password, and what an HTTP header or a file with credentials has of it.
func (s *secrets) addLogin(user, password string) {
	s.add(password)
	s.add(base64.StdEncoding.EncodeToString([]byte(user + ":" + password)))
}

// in returns a secret that a text contains; empty if there is none.
func (s *secrets) in(text []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := bytes.Index(text, []byte(canary)); i >= 0 {
		return string(text[i:min(i+len(canary)+24, len(text))])
	}
	for _, secret := range s.others {
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

// watchArguments looks at the arguments of processes until a context ends, and tells of those with a secret. The processes are those with a
// folder in their environment: the tokens of other tests are alike.
func (s *secrets) watchArguments(ctx context.Context, folder string, tell func(arguments string)) {
	told := map[string]bool{}
	for ctx.Err() == nil {
		lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, line := range lines {
			arguments, err := os.ReadFile(line)
			text := strings.ReplaceAll(string(arguments), "\x00", " ")
			if err != nil || s.in(arguments) == "" || told[text] {
				continue
			}
			environ, err := os.ReadFile(filepath.Join(filepath.Dir(line), "environ"))
			if err == nil && bytes.Contains(environ, []byte(folder)) {
				told[text] = true
				tell(text)
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
}
