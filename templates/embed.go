// Package templates holds the components that stemma publishes, as GitLab reads them.
package templates

import "embed"

// FS has a file for each component: "validate.yml".
//
//go:embed *.yml
var FS embed.FS
