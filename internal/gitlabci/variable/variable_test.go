package variable_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// list reads "NAME=value" entries; "NAME:=value" is a raw one.
func list(entries ...string) variable.List {
	var out variable.List
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		raw := strings.HasSuffix(name, ":")
		out = append(out, variable.Variable{Name: strings.TrimSuffix(name, ":"), Value: value, IsRaw: raw})
	}
	return out
}

func TestValuesAreExpanded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		list variable.List
		want map[string]string
	}{
		"nothing to expand":       {list("A=a"), map[string]string{"A": "a"}},
		"all three forms":         {list("A=a", "B=$A ${A} %A%"), map[string]string{"A": "a", "B": "a a a"}},
		"before it is defined":    {list("B=$A", "A=a"), map[string]string{"A": "a", "B": "a"}},
		"over steps":              {list("C=$B", "B=$A", "A=a"), map[string]string{"A": "a", "B": "a", "C": "a"}},
		"an undefined name":       {list("B=x$A"), map[string]string{"B": "x"}},
		"doubled signs stay":      {list("A=a", "B=$$A %%A"), map[string]string{"A": "a", "B": "$$A %%A"}},
		"a raw value":             {list("A=a", "B:=$A"), map[string]string{"A": "a", "B": "$A"}},
		"a raw value within":      {list("A=a", "B:=$A", "C=$B"), map[string]string{"A": "a", "B": "$A", "C": "$A"}},
		"the later of a name":     {list("A=a", "A=b", "B=$A"), map[string]string{"A": "b", "B": "b"}},
		"a name of its own value": {list("A=a", "A=b"), map[string]string{"A": "b"}},
		"itself":                  {list("A=x$A"), map[string]string{"A": "x"}},
		"no name":                 {list("A=$1 $ 100% ${"), map[string]string{"A": "$1 $ 100% ${"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.list.Expanded()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCirclesAreRefused(t *testing.T) {
	t.Parallel()
	_, err := list("X=x", "A=$B", "B=$C", "C=$A").Expanded()
	if err == nil || err.Error() != `circular variable reference detected: ["A", "B", "C"]` {
		t.Errorf("the circle gave %v", err)
	}
}

func TestGrowingValuesEnd(t *testing.T) {
	t.Parallel()
	grown := list("V0=" + strings.Repeat("x", 1000))
	for i := range 40 {
		grown = append(grown, list("V"+string(rune('A'+i))+"=$V"+string(rune('A'+i-1))+"$V"+string(rune('A'+i-1)))...)
	}
	grown[1].Value = "$V0$V0"
	if _, err := grown.Expanded(); err != nil {
		t.Error(err)
	}
}

func TestTextsAreExpanded(t *testing.T) {
	t.Parallel()
	values := map[string]string{"A": "a", "EMPTY": ""}
	if got := variable.Expand("$A ${B} %A% [$EMPTY]", values); got != "a  a []" {
		t.Errorf("Expand gave %q", got)
	}
	if got := variable.ExpandExisting("$A ${B} %A% [$EMPTY]", values); got != "a ${B} a []" {
		t.Errorf("ExpandExisting gave %q", got)
	}
}

func TestOthersLieOverAList(t *testing.T) {
	t.Parallel()
	got := list("A=1", "B=2").With(list("B=3", "C=4"))
	if diff := cmp.Diff(list("B=3", "C=4", "A=1"), got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"A": "1", "B": "3", "C": "4"}, got.Values()); diff != "" {
		t.Error(diff)
	}
}
