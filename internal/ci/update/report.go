package update

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Report is what an update check found, the content of schema.UpdatesFile.
type Report struct {
	Images []Image `json:"images"`
	// Pipelines are the addresses of those that rebuild the stale images.
	Pipelines []string `json:"pipelines,omitempty"`
}

// Image is the result for one image.
type Image struct {
	Image   string   `json:"image"`
	Verdict Verdict  `json:"verdict"`
	Found   []Update `json:"found"`
	// Note says which rebuild the image waits for.
	Note string `json:"note,omitempty"`
	// Wave is the rebuild wave that changed a parent, if one did.
	Wave string `json:"wave,omitempty"`
	// Errors say what could not be checked.
	Errors []string `json:"errors,omitempty"`

	seen []oci.Manifest
	// failures are the Errors as values.
	failures error
}

// Verdict is the result of a check.
type Verdict string

const (
	// Current images would be the same after a rebuild, as far as is known.
	Current Verdict = "current"
	// Stale images are to be rebuilt.
	Stale Verdict = "stale"
	// Waits are stale images that a poke is going to rebuild.
	Waits Verdict = "waits"
	// Unknown images could not be checked.
	Unknown Verdict = "unknown"
)

// Update is one reason to rebuild an image.
type Update struct {
	// Check is what found it: "missing", "definition", "base", "layers", "packages" or "command".
	Check string `json:"check"`
	// Place is the reference of the image that was looked at.
	Place string `json:"place"`
	// Name is a package or a base, with its old and new version or digest, or the place of a newer definition's image, with the hashes
	// of the inputs of both; any may be empty.
	Name string `json:"name,omitempty"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

const (
	checkMissing    = "missing"
	checkDefinition = "definition"
	checkBase       = "base"
	checkLayers     = "layers"
	checkPackages   = "packages"
	checkCommand    = "command"
)

// String describes the reason.
func (u Update) String() string {
	switch u.Check {
	case checkMissing:
		return u.Place + " is not there"
	case checkDefinition:
		return fmt.Sprintf("%s is made of an older definition than %s", u.Place, u.Name)
	case checkBase:
		return fmt.Sprintf("%s moved from %s to %s", u.Name, wave.Short(u.Old), wave.Short(u.New))
	case checkLayers:
		return fmt.Sprintf("%s does not begin with the layers of %s", u.Place, u.Name)
	case checkCommand:
		if u.Name == "" {
			return "its command says that it is old"
		}
	}
	return strings.TrimSpace(fmt.Sprintf("package %s %s → %s", u.Name, u.Old, u.New))
}

func (i *Image) isStale() bool { return len(i.Found) > 0 }

func (i *Image) add(found Update) {
	i.Found = append(i.Found, found)
	i.Verdict = Stale
}

// fail notes an error, once. A stale image stays stale.
func (i *Image) fail(err error) {
	if slices.Contains(i.Errors, err.Error()) {
		return
	}
	i.Errors, i.failures = append(i.Errors, err.Error()), errors.Join(i.failures, err)
	if !i.isStale() {
		i.Verdict = Unknown
	}
}

// print prints the report for people.
func (r Report) print(log output.Log) {
	for _, image := range r.Images {
		log.Printf("%-8s %s", image.Verdict, image.Image)
		for _, line := range image.lines() {
			log.Printf("         %s", line)
		}
	}
	for _, pipeline := range r.Pipelines {
		log.Printf("Rebuild: %s", pipeline)
	}
}

// save writes the report as JSON and as Markdown.
func (r Report) save(dir output.Folder) error {
	if err := dir.WriteJSON(schema.UpdatesFile, r); err != nil {
		return err
	}
	return dir.Write(schema.UpdatesPage, []byte(r.markdown()))
}

// lines describe the result for an image.
func (i Image) lines() []string {
	var lines []string
	for _, found := range i.Found {
		lines = append(lines, found.Check+": "+found.String())
	}
	if i.Note != "" {
		lines = append(lines, i.Note)
	}
	return append(lines, i.Errors...)
}

func (r Report) markdown() string {
	var b strings.Builder
	b.WriteString("| image | verdict | what is new |\n|---|---|---|\n")
	for _, image := range r.Images {
		lines := image.lines()
		for n, line := range lines {
			lines[n] = strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(terminal.Line(line))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", image.Image, image.Verdict, strings.Join(lines, "<br>"))
	}
	for _, pipeline := range r.Pipelines {
		fmt.Fprintf(&b, "\nRebuilt by %s\n", pipeline)
	}
	return b.String()
}

// unknown is the error of a report with images that could not be looked at; one of them is enough for a failure outside.
func (r Report) unknown() error {
	var names []string
	var failures error
	for _, image := range r.Images {
		if len(image.Errors) > 0 {
			names, failures = append(names, image.Image), errors.Join(failures, image.failures)
		}
	}
	if len(names) == 0 {
		return nil
	}
	err := fmt.Errorf("not every image could be looked at: %s; the report says why", strings.Join(names, ", "))
	if outside.Is(failures) {
		return outside.Mark(err)
	}
	return err
}
