package picture_test

import (
	"fmt"
	"strconv"

	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
)

// fleet is a graph of many images with all that can be said of each. A few have many children, and every tenth has a second parent.
func fleet(size int) picture.Graph {
	g := picture.Graph{Title: "Images of corp/fleet"}
	for i := range size {
		shown := image(fmt.Sprintf("team%d/image-%d", i%23, i), outside(fmt.Sprintf("registry.example.org/base/debian-%d:13", i)))
		if i >= 10 {
			shown.Parents[0] = base(g.Images[i/8].Name)
		}
		if i%10 == 0 && i >= 20 {
			shown.Parents = append(shown.Parents, files(g.Images[i/8-1].Name))
		}
		shown.Tag = fmt.Sprintf("%016x", i*7919)
		shown.Packages = []string{"ca-certificates", "curl", "git", "make", fmt.Sprintf("libsomething%d-dev", i)}
		shown.Jobs = []string{"build:" + shown.Name + "@amd64", "build:" + shown.Name + "@arm64", "build:" + shown.Name, "release:" + shown.Name}
		shown.Labels = []picture.Label{{Name: "org.opencontainers.image.title", Value: "An image of the fleet"}, {Name: "org.example.team", Value: strconv.Itoa(i % 23)}}
		g.Images = append(g.Images, shown)
	}
	return g
}

// hostile is a graph whose texts try to leave the place where they are shown.
func hostile() picture.Graph {
	const attack = "</script><script>alert(1)</script>\"'<img src=x onerror=alert(1)>&{{.}}\x1b[2J\u2028]]>"
	shown := image(attack, outside("a"+attack), files("b"+attack))
	shown.Tag, shown.State = attack, picture.State(attack)
	shown.Dependents, shown.Packages, shown.Jobs, shown.Notes = []string{"c" + attack}, []string{attack}, []string{attack}, []string{attack}
	shown.Labels = []picture.Label{{Name: attack, Value: attack}}
	return picture.Graph{Title: attack, Sections: []picture.Section{{Heading: attack, Text: attack}}, Images: []picture.Image{shown}}
}

// gathered is a graph of many images that all give files to one, and of one more that gives files to another.
func gathered(size int, parents ...picture.Parent) picture.Graph {
	g := picture.Graph{Images: []picture.Image{image("base"), image("tool", parents...)}}
	all := image("all", parents...)
	for i := range size {
		part := image(fmt.Sprintf("part-%d", i), parents...)
		all.Parents = append(all.Parents, files(part.Name))
		g.Images = append(g.Images, part)
	}
	g.Images = append(g.Images, all, image("last", base("all"), files("tool")))
	return g
}

// graphs are those that a picture must be able to show.
func graphs() map[string]picture.Graph {
	star := picture.Graph{Images: []picture.Image{image("base")}}
	for i := range 1500 {
		star.Images = append(star.Images, image(fmt.Sprintf("child-%d", i), base("base")))
	}
	chain := picture.Graph{Images: []picture.Image{image("i0")}}
	for i := 1; i < 300; i++ {
		chain.Images = append(chain.Images, image(fmt.Sprintf("i%d", i), base(fmt.Sprintf("i%d", i-1))))
	}
	diamond := picture.Graph{Images: []picture.Image{
		image("base", outside("debian:13")), image("left", base("base")), image("right", base("base")), image("both", base("left"), files("right"), after("base")),
	}}
	return map[string]picture.Graph{
		"files of many images": gathered(40, outside("debian:13")), "many roots": gathered(40), "many children of one image": gathered(200, base("base")),
		"no image": {}, "one image": {Images: []picture.Image{image("only")}}, "many children": star, "a long chain": chain, "several parents": diamond,
		"many images": fleet(2000), "hostile names": hostile(),
	}
}
