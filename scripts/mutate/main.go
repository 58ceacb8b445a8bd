// Command mutate measures what tests notice: it makes one small mistake at a time in the files of a package, runs tests, and lists the
// mistakes that no test found. All mistakes are compiled into one test program for each package of tests; a variable of the
// environment chooses the one that is made.
//
//	go run ./scripts/mutate -tests ./compiler/lineage,./compiler/pipeline ./compiler/lineage
package main

import (
	"errors"
	"flag"
	"fmt"
	"go/token"
	"os"
	"strings"
)

func main() {
	tests := flag.String("tests", "", "the packages whose tests are run, with commas between them; the package itself unless set")
	files := flag.String("files", "*", "patterns of the files that get mistakes, with commas between them")
	every := flag.Int("every", 1, "make every Nth mistake only")
	least := flag.Float64("least", 0, "fail where fewer percent of the mistakes are found")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if *tests == "" {
		*tests = flag.Arg(0)
	}
	score, err := measure(flag.Arg(0), strings.Split(*tests, ","), strings.Split(*files, ","), *every)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
	if score < *least {
		fmt.Fprintf(os.Stderr, "mutate: %.1f %% are found, and %.1f %% are asked for\n", score, *least)
		os.Exit(1)
	}
}

// measure prints the mistakes that no test finds, and returns how many percent are found.
func measure(target string, tests, patterns []string, every int) (float64, error) {
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	p, err := load(target)
	if err != nil {
		return 0, err
	}
	m := mutation{pkg: p, patterns: patterns, refused: map[string]bool{}}
	programs, err := m.build(work, tests)
	if err != nil {
		return 0, err
	}
	made, found := 0, 0
	for i, mistake := range m.mistakes {
		if i%every != 0 {
			continue
		}
		made++
		if isFound(programs, mistake.number) {
			found++
		} else {
			fmt.Printf("%s: %s\n", relative(mistake.place), mistake.what)
		}
	}
	if made == 0 {
		return 0, errors.New("there is no place for a mistake")
	}
	score := 100 * float64(found) / float64(made)
	fmt.Printf("%s: %d of %d mistakes are found, %.1f %%\n", target, found, made, score)
	return score, nil
}

// relative is a place below the folder that the command runs in.
func relative(place token.Position) string {
	if folder, err := os.Getwd(); err == nil {
		place.Filename = strings.TrimPrefix(place.Filename, folder+"/")
	}
	return place.String()
}
