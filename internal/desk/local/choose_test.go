package local

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// aFamily reads "app:base,lib" words: images and what they need, parents first.
func aFamily(t *testing.T, text string) Project {
	t.Helper()
	var p Project
	numbers := map[string]int{}
	for i, word := range strings.Fields(text) {
		name, needs, _ := strings.Cut(word, ":")
		image := Image{Name: name}
		for _, need := range strings.FieldsFunc(needs, func(r rune) bool { return r == ',' }) {
			image.Needs = append(image.Needs, numbers[need])
		}
		numbers[name] = i
		p.Images = append(p.Images, image)
	}
	return p
}

func aDigest(t *testing.T) oci.Digest {
	t.Helper()
	digest, err := oci.ParseDigest("sha256:" + strings.Repeat("0", 64))
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func TestChoose(t *testing.T) {
	t.Parallel()
	const chain = "base app:base web:app beside"
	tests := map[string]struct {
		family, chosen, published, here, untested, broken string
		force                                             bool
		want                                              string
	}{
		"everything where nothing is":                   {family: chain, chosen: "base app web beside", want: "base app web beside"},
		"nothing where everything is":                   {family: chain, chosen: "base app web beside", published: "base app", here: "web beside", want: ""},
		"parents that are missing come along":           {family: chain, chosen: "web", want: "base app web"},
		"parents that are there stay":                   {family: chain, chosen: "web", published: "base", here: "app", want: "web"},
		"parents of existing images are not looked up":  {family: chain, chosen: "web", published: "web", want: ""},
		"a missing grandparent of a parent that is":     {family: chain, chosen: "web", here: "app", want: "web"},
		"what is asked for is built on what is new":     {family: chain, chosen: "base app web", published: "app web", want: "base app web"},
		"what nobody asked for is not":                  {family: chain, chosen: "base", published: "app", want: "base"},
		"untested is worked on, and alone":              {family: chain, chosen: "base app", here: "base app", untested: "base", want: "base"},
		"untested parents come along":                   {family: chain, chosen: "app", here: "base", untested: "base", want: "base app"},
		"force is about what is named":                  {family: chain, chosen: "app", published: "base app web", force: true, want: "app"},
		"force takes along what is asked for on it":     {family: chain, chosen: "base app", published: "base app", force: true, want: "base app"},
		"what cannot be looked up is worked on to fail": {family: chain, chosen: "base app", published: "app", broken: "base", want: "base"},
		"a diamond": {family: "top left:top right:top bottom:left,right", chosen: "bottom", published: "left", want: "top right bottom"},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := aFamily(t, test.family)
			has := func(list string, i int) bool { return strings.Contains(" "+list+" ", " "+p.Images[i].Name+" ") }
			request := Request{Force: test.force}
			locations := make([]Location, len(p.Images))
			for i := range p.Images {
				if has(test.chosen, i) {
					request.Chosen = append(request.Chosen, i)
				}
				if has(test.published, i) {
					locations[i].Published = aDigest(t)
				}
				if has(test.here, i) {
					locations[i].Local = aDigest(t)
				}
				if has(test.broken, i) {
					locations[i].Err = errors.New("broken")
				}
			}
			c := choose(p, request, locations, func(i int) bool { return !has(test.untested, i) })
			var work []string
			for i, image := range p.Images {
				if c.work[i] {
					work = append(work, image.Name)
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(work, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestChooseIsLinear chooses from the shapes on which walking each path takes for ever.
func TestChooseIsLinear(t *testing.T) {
	t.Parallel()
	var chain, ladder Project
	for i := range 10_000 {
		one := Image{Name: strconv.Itoa(i)}
		if i > 0 {
			one.Needs = []int{i - 1}
		}
		chain.Images = append(chain.Images, one)
		two := Image{Name: strconv.Itoa(i)}
		if below := (i/2 - 1) * 2; i > 1 {
			two.Needs = []int{below, below + 1}
		}
		ladder.Images = append(ladder.Images, two)
	}
	for name, p := range map[string]Project{"a chain of 10,000": chain, "a ladder of 2 × 5,000": ladder} {
		begun := time.Now()
		last := []int{len(p.Images) - 1}
		p.Family(last)
		c := choose(p, Request{Chosen: last}, make([]Location, len(p.Images)), func(int) bool { return true })
		if built := len(slices.DeleteFunc(c.work, func(isWork bool) bool { return !isWork })); built < len(p.Images)-1 {
			t.Errorf("%s: got %d images to build, want %d", name, built, len(p.Images)-1)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}
