package definition

import "strings"

const (
	// OutputFile holds the compiled jobs.
	OutputFile = ".gitlab/stemma.gitlab-ci.yml"
	// OutputFolder holds the parts of the compiled jobs where one file would be too large.
	OutputFolder = ".gitlab/stemma"
)

// IsOutput reports whether a file is compiled jobs. They stand in no hash, since they hold the hashes.
func IsOutput(file string) bool {
	return file == OutputFile || strings.HasPrefix(file, OutputFolder+"/")
}
