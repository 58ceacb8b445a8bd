package bake_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/migrate/bake"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// The language's own reader recurses for each of these, until the stack ends.
func TestReadRefusesDeepNesting(t *testing.T) {
	t.Parallel()
	const many = 100_000
	for name, file := range sample.Of(map[string]bake.File{
		"parentheses":  {Name: "docker-bake.hcl", Content: []byte("a = " + strings.Repeat("(", many))},
		"lists":        {Name: "docker-bake.hcl", Content: []byte("a = " + strings.Repeat("[", many))},
		"maps":         {Name: "docker-bake.hcl", Content: []byte("a = " + strings.Repeat("{a=", many))},
		"blocks":       {Name: "docker-bake.hcl", Content: []byte(strings.Repeat("a {\n", many))},
		"templates":    {Name: "docker-bake.hcl", Content: []byte("a = " + strings.Repeat(`"${`, many))},
		"negations":    {Name: "docker-bake.hcl", Content: []byte("a = " + strings.Repeat("!", many) + "true")},
		"minus signs":  {Name: "docker-bake.hcl", Content: []byte("a = " + strings.Repeat("-", many) + "1")},
		"conditions":   {Name: "docker-bake.hcl", Content: []byte("a = " + strings.Repeat("1?1:", many) + "1")},
		"sums":         {Name: "docker-bake.hcl", Content: []byte("a = 1" + strings.Repeat("+1", many))},
		"JSON lists":   {Name: "docker-bake.json", Content: []byte(`{"a":` + strings.Repeat("[", many))},
		"JSON objects": {Name: "docker-bake.json", Content: []byte(strings.Repeat(`{"a":`, many))},
		"JSON text":    {Name: "docker-bake.json", Content: []byte(`{"a": "` + strings.Repeat("${(", many) + `"}`)},
	}, 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, found := bake.Read([]bake.File{file})
			if len(found) != 1 || !strings.Contains(found[0].Message, "nested") && !strings.Contains(found[0].Message, "operators") {
				t.Errorf("%.200v", found)
			}
		})
	}
}
