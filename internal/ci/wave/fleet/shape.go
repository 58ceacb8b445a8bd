package fleet

import "math/rand/v2"

// Shape makes the graph of a number of projects: for each the projects that it is built on, all of which come before it. The
// wave begins at the first.
type Shape func(projects int, random *rand.Rand) [][]int

// links is how long the chains of Chain are.
const links = 50

// Chain is chains, all of which begin at the first project.
func Chain(projects int, _ *rand.Rand) [][]int {
	parents := make([][]int, projects)
	for i := 1; i < projects; i++ {
		parents[i] = []int{i - 1}
		if (i-1)%links == 0 {
			parents[i] = []int{0}
		}
	}
	return parents
}

// Tree is a tree in which four projects are built on each.
func Tree(projects int, _ *rand.Rand) [][]int {
	parents := make([][]int, projects)
	for i := 1; i < projects; i++ {
		parents[i] = []int{(i - 1) / 4}
	}
	return parents
}

// Lattice is rows of diamonds: each project is built on two of the row above.
func Lattice(projects int, _ *rand.Rand) [][]int {
	const rows = 50
	width := max(projects/rows, 2)
	parents := make([][]int, projects)
	for i := 1; i < projects; i++ {
		row, column := (i-1)/width, (i-1)%width
		if row == 0 {
			parents[i] = []int{0}
			continue
		}
		above := 1 + (row-1)*width
		parents[i] = []int{above + column, above + (column+1)%width}
	}
	return parents
}

// Random is a graph without cycles with four edges per project in forty layers. A part of the first layer, and so of the
// rest, has nothing to do with the first project.
func Random(projects int, random *rand.Rand) [][]int {
	const layers, edges = 40, 4
	size := max(projects/layers, 1)
	parents := make([][]int, projects)
	missing := 0
	for i := size; i < projects; i++ {
		layer := i / size * size
		chosen := map[int]bool{}
		add := func(parent int) {
			if !chosen[parent] {
				chosen[parent] = true
				parents[i] = append(parents[i], parent)
			}
		}
		add(layer - size + random.IntN(size))
		for missing += edges; missing > len(parents[i]) && len(parents[i]) < min(layer, 2*edges); {
			add(random.IntN(layer))
		}
		missing -= len(parents[i])
	}
	if projects > size {
		parents[size] = append([]int{0}, parents[size]...)
	}
	return parents
}
