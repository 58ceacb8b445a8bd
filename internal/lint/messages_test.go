package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	quotedMessage = regexp.MustCompile("(?m)^### `(.*)`$")
	stringLiteral = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`)
	verb          = regexp.MustCompile(`%[-+#0-9.]*[a-zA-Z]`)
)

// TestMessagesInTroubleshootingExist finds each message of the page in the code. An ellipsis is any text.
func TestMessagesInTroubleshootingExist(t *testing.T) {
	t.Parallel()
	messages := quotedMessage.FindAllStringSubmatch(read(t, filepath.Join(top, "docs/troubleshooting.md")), -1)
	if len(messages) < 10 {
		t.Fatalf("the page has %d messages", len(messages))
	}
	texts := literals(t)
	for _, message := range messages {
		if !isPrinted(message[1], texts) {
			t.Errorf("no code prints %q", message[1])
		}
	}
}

func isPrinted(message string, texts []string) bool {
	var parts []string
	for part := range strings.SplitSeq(message, "…") {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	wanted := regexp.MustCompile(strings.Join(parts, ".*"))
	for _, text := range texts {
		if wanted.MatchString(text) {
			return true
		}
	}
	return false
}

// literals are the texts in the code of the commands, with an ellipsis for each verb of a format.
func literals(t *testing.T) []string {
	t.Helper()
	var texts []string
	err := filepath.WalkDir(filepath.Join(top, "internal"), func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		for _, literal := range stringLiteral.FindAllString(read(t, name), -1) {
			if text, err := strconv.Unquote(literal); err == nil {
				texts = append(texts, verb.ReplaceAllString(text, "…"))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
