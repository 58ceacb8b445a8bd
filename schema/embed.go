// Package schema is the contract of the two halves of stemma: the CUE schemas of a definition and of everything that may be
// emitted, the distributions, and the names of variables and labels.
//
// The folder is the published CUE module and the embedded one: there is one source of truth.
package schema

import "embed"

// FS holds the CUE module: the definitions, the rules for them that only CUE's own commands read, the distributions, and cue.mod/module.cue.
//
//go:embed *.cue cue.mod/module.cue
var FS embed.FS

// Distributions is distribution.cue evaluated to JSON, so that a job need not link CUE: an object from a
// distribution's key to its recipe.
//
//go:embed distribution.json
var Distributions []byte
