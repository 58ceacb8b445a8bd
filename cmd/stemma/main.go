// Command stemma compiles image definitions to static GitLab CI and runs the jobs it compiles.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Environ()))
}
