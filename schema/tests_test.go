package schema_test

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestTestKeys(t *testing.T) {
	inside := schema.Test{Name: "starts", Run: "true"}
	outside := schema.Test{Name: "serves", Run: "curl", Outside: true}
	checkout := schema.Test{Name: "builds", Run: "make", Checkout: true}
	limits := schema.Checks{MaxSize: 10}
	none := schema.Checks{}
	for _, test := range []struct {
		name                    string
		tests                   []schema.Test
		checks                  schema.Checks
		wantInside, wantOutside bool
		sameInside              []schema.Test
	}{
		{name: "nothing"},
		{name: "checks alone", checks: limits, wantInside: true},
		{name: "inside", tests: []schema.Test{inside}, wantInside: true},
		{name: "checkout", tests: []schema.Test{checkout}, wantInside: true},
		{name: "outside", tests: []schema.Test{outside}, checks: none, wantOutside: true},
		{name: "both", tests: []schema.Test{outside, inside}, wantInside: true, wantOutside: true, sameInside: []schema.Test{inside}},
	} {
		t.Run(test.name, func(t *testing.T) {
			gotInside, gotOutside := schema.TestKeys(test.tests, test.checks)
			if (gotInside != "") != test.wantInside || (gotOutside != "") != test.wantOutside {
				t.Errorf("got keys %q and %q, want inside %t, outside %t", gotInside, gotOutside, test.wantInside, test.wantOutside)
			}
			if want, _ := schema.TestKeys(test.sameInside, test.checks); test.sameInside != nil && gotInside != want {
				t.Errorf("got the inside key %q, want %q whatever tests run outside", gotInside, want)
			}
		})
	}
	a, _ := schema.TestKeys([]schema.Test{inside}, none)
	b, _ := schema.TestKeys([]schema.Test{checkout}, none)
	c, _ := schema.TestKeys([]schema.Test{inside}, limits)
	if a == b || a == c || b == c {
		t.Errorf("got the keys %q, %q and %q, want three different ones", a, b, c)
	}
	if got := schema.RequiredTests([]schema.Test{inside, outside}, none); len(got) != 33 {
		t.Errorf("got %q, want two keys with a space between them", got)
	}
}
