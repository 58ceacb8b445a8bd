package importer_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// Each kind takes what the schema takes, and a kind that the schema has not would take nothing.
func TestWordsAreThoseOfTheLanguage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind     importer.Word
		yes, not string
	}{
		"AbsolutePath": {importer.AbsolutePath, "/app", "app"},
		"CPUSet":       {importer.CPUSet, "0-2,5", "0-"},
		"Duration":     {importer.Duration, "90d", "90"},
		"ImageName":    {importer.ImageName, "base/rust", strings.Repeat("a", 101)},
		"LabelName":    {importer.LabelName, "org.example/x", strings.Repeat("a", 256)},
		"Line":         {importer.Line, "a b", "a\nb"},
		"Package":      {importer.Package, "libc6:arm64", "-y"},
		"ParentName":   {importer.ParentName, "os", "-os"},
		"Path":         {importer.Path, "a/b", `a\b`},
		"Platform":     {importer.Platform, "linux/arm/v7", "arm64"},
		"ProjectPath":  {importer.ProjectPath, "a/b", "a"},
		"ProxyURL":     {importer.ProxyURL, "http://proxy:8080", "http://me:secret@proxy"},
		"Ref":          {importer.Ref, "feature/x", "-x"},
		"Repository":   {importer.Repository, "quay.io/a/b", "quay.io"},
		"RunnerTag":    {importer.RunnerTag, "arm 64", strings.Repeat("a", 256)},
		"Stage":        {importer.Stage, "prod", "a b"},
		"User":         {importer.User, "app:app", "a b"},
		"UserName":     {importer.UserName, "www-data", "Root"},
		"VariableName": {importer.VariableName, "A_1", "1A"},
		"Version":      {importer.Version, "3.20", "3 20"},
	}
	for name, test := range tests {
		if !test.kind.Takes(test.yes) || test.kind.Takes(test.not) {
			t.Errorf("%s takes %q: %v, and %q: %v", name, test.yes, test.kind.Takes(test.yes), test.not, test.kind.Takes(test.not))
		}
	}
}
