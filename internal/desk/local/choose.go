package local

// Request says what to build.
type Request struct {
	// Chosen are the numbers of the images that are asked for. What they are built from is built where it is missing.
	Chosen []int
	// Force builds the chosen images even where they exist.
	Force bool
	// AllPlatforms builds an image for each of its platforms, not for this machine's alone.
	AllPlatforms bool
	// AtOnce is how many images are built at a time.
	AtOnce int
}

// plan says of each image whether it is worked on.
type plan struct {
	work []bool
	// force says of each whether it is built even where it exists.
	force []bool
}

// choose finds out which images there is something to do for: those that are asked for and are nowhere, or not tested, with all that
// these are built from and is nowhere either, and those that are asked for and built from such.
func choose(p Project, request Request, sights []Sight, isTested func(image int) bool) plan {
	chosen := make([]bool, len(p.Images))
	c := plan{work: make([]bool, len(p.Images)), force: make([]bool, len(p.Images))}
	for _, i := range request.Chosen {
		chosen[i], c.force[i] = true, request.Force
	}
	missing := func(i int) bool {
		return sights[i].Err != nil || sights[i].Published.IsZero() && (sights[i].Here.IsZero() || !isTested(i))
	}
	var begin []int
	for i := range p.Images {
		if chosen[i] && (c.force[i] || missing(i)) {
			begin = append(begin, i)
		}
	}
	for len(begin) > 0 {
		i := begin[len(begin)-1]
		begin = begin[:len(begin)-1]
		if c.work[i] {
			continue
		}
		c.work[i] = true
		for _, parent := range p.Images[i].Needs {
			if missing(parent) {
				begin = append(begin, parent)
			}
		}
	}
	c.addChildren(p, chosen, sights)
	return c
}

// addChildren adds what is asked for and built from an image that comes anew, and so is to be built anew itself.
func (c plan) addChildren(p Project, chosen []bool, sights []Sight) {
	children := make([][]int, len(p.Images))
	var begin []int
	for i, image := range p.Images {
		for _, parent := range image.Needs {
			children[parent] = append(children[parent], i)
		}
		if c.work[i] && (c.force[i] || sights[i] == Sight{}) {
			begin = append(begin, i)
		}
	}
	for len(begin) > 0 {
		i := begin[len(begin)-1]
		begin = begin[:len(begin)-1]
		for _, child := range children[i] {
			if chosen[child] && !c.work[child] {
				c.work[child] = true
				begin = append(begin, child)
			}
		}
	}
}
