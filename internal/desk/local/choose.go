package local

import "slices"

// Request says what to build.
type Request struct {
	// Chosen has the numbers of the requested images. Their parents are built where they are missing.
	Chosen []int
	// Force builds the chosen images even where they exist.
	Force bool
	// AllPlatforms builds an image for each of its platforms, not only for this machine's.
	AllPlatforms bool
	// AtOnce is how many images are built at a time.
	AtOnce int
}

// plan tells which images are worked on.
type plan struct {
	work []bool
	// force tells which of them are built even where they exist.
	force []bool
	// isRebuilt tells which of them are built for certain.
	isRebuilt []bool
}

// choose finds the images that need work: requested images that do not exist or are not tested, their parents that do not exist either,
// and requested images that are built from one of these.
func choose(p Project, request Request, locations []Location, isTested func(image int) bool) plan {
	chosen := make([]bool, len(p.Images))
	c := plan{work: make([]bool, len(p.Images)), force: make([]bool, len(p.Images))}
	for _, i := range request.Chosen {
		chosen[i], c.force[i] = true, request.Force
	}
	missing := func(i int) bool {
		return locations[i].Err != nil || locations[i].Published.IsZero() && (locations[i].Local.IsZero() || !isTested(i))
	}
	// Parents have smaller numbers than their children: this visits the children first.
	needed := make([]bool, len(p.Images))
	for i, image := range slices.Backward(p.Images) {
		c.work[i] = chosen[i] && c.force[i] || (chosen[i] || needed[i]) && missing(i)
		for _, parent := range image.Needs {
			needed[parent] = needed[parent] || c.work[i]
		}
	}
	c.addChildren(p, chosen, locations)
	return c
}

// addChildren adds the requested images that are built from an image that is rebuilt.
func (c *plan) addChildren(p Project, chosen []bool, locations []Location) {
	c.isRebuilt = make([]bool, len(p.Images))
	for i, image := range p.Images {
		c.isRebuilt[i] = c.work[i] && (c.force[i] || locations[i] == Location{})
		if chosen[i] && !c.work[i] && slices.ContainsFunc(image.Needs, func(parent int) bool { return c.isRebuilt[parent] }) {
			c.work[i], c.isRebuilt[i] = true, true
		}
	}
}
