// Command startcue starts CUE and evaluates one number. scripts/bench.sh compares `stemma check` with it.
package main

import (
	"fmt"

	"cuelang.org/go/cue/cuecontext"
)

func main() { fmt.Println(cuecontext.New().CompileString("1")) }
