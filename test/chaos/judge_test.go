//go:build chaos

package chaos_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/schema"
)

// places are the released references of each image, below the name of the run.
var places = map[string][]string{
	"base":  {"project/base:latest", "project/base:stable", "public/base:latest"},
	"child": {"project/child:latest"},
}

// dependents are the projects that hear of each image.
var dependents = map[string]string{"base": "app", "child": "site"}

// released is what the released tags name.
func (w *world) released() map[string]string {
	out := map[string]string{}
	for _, references := range places {
		for _, reference := range references {
			repository, tag, _ := strings.Cut(reference, ":")
			out[reference] = digestOf(w.name+"/"+repository, tag)
		}
	}
	return out
}

// heal runs a pipeline of the default branch with nothing in its way. Afterwards all must be as the commit says.
func (w *world) heal(c *commit) {
	w.proxy.arm()
	p := w.start(push, c, "a", nil)
	p.isHealthy = true
	if !w.runAll(context.Background(), p) {
		w.problem("healthy pipeline %d failed", p.id)
		return
	}
	w.judge(p)
}

// judge compares the registry, and the pipelines of the dependents, with the promises of a pipeline that passed.
func (w *world) judge(p *pipeline) {
	released := w.released()
	for _, image := range slices.Sorted(maps.Keys(places)) {
		tag, inputs := p.contentTag(image)
		digest := digestOf(w.name+"/project/"+image, tag)
		if digest == "" {
			w.problem("pipeline %d: %s:%s is not there", p.id, image, tag)
			continue
		}
		for _, got := range w.labels("project/"+image, digest, schema.LabelInputs) {
			if got != inputs {
				w.problem("pipeline %d: %s:%s is made of %s, not of %s", p.id, image, tag, got, inputs)
			}
		}
		for _, reference := range places[image] {
			if released[reference] != digest {
				w.problem("lost move: after pipeline %d %s is %s, and the image is %s", p.id, reference, released[reference], digest)
			}
		}
		heard := slices.ContainsFunc(w.history.startsOf(w.name+"/"+dependents[image]), func(s start) bool {
			return s.released[places[image][0]] == digest
		})
		if !heard {
			w.problem("lost poke: after pipeline %d no pipeline of %s was started since %s is %s; those that were started saw %v", p.id, dependents[image], places[image][0], digest, w.history.seen(w.name+"/"+dependents[image], places[image][0]))
		}
	}
}

// contentTag is the tag of an image and what it is made of, as the pipeline's build job has it.
func (p *pipeline) contentTag(image string) (tag, inputs string) {
	for _, job := range p.jobs {
		values := job.Variables.Values()
		if job.Name == "build:"+image {
			return values[schema.VarDistributionTag], values[schema.VarInputs]
		}
	}
	return "", ""
}

// judgeAll looks at everything that the run left.
func (w *world) judgeAll() {
	isReleased := func(repository, tag string) bool {
		_, ok := w.released()[strings.TrimPrefix(repository, w.name+"/")+":"+tag]
		return ok
	}
	for _, what := range w.history.backwards(isReleased) {
		w.problem("move backwards: %s", what)
	}
	told := map[string]bool{}
	for _, m := range w.history.moves {
		if m.wrong != "" && !told[m.digest] {
			told[m.digest] = true
			w.problem("%s of pipeline %d let %s:%s name an image that %s", m.by.name, m.by.pipeline, m.repository, m.tag, m.wrong)
		}
		w.checkSecrets(m)
	}
	w.checkDisk()
}

// checkDisk looks for secrets on disk: temporary files, the home folder, buildah's storage, the folders of runners.
func (w *world) checkDisk() {
	for _, folder := range []string{"tmp", "home", "store", "builds", "work"} {
		for _, file := range w.secrets.below(filepath.Join(w.dir, folder)) {
			w.problem("a secret is left on disk, in %s", strings.TrimPrefix(file, w.dir))
		}
	}
	arguments, err := os.ReadFile(w.argumentsFile())
	if err == nil && w.secrets.in(arguments) != "" {
		w.problem("a secret was in the arguments of buildah")
	}
}

// contentTags are the tags that are computed from an image's inputs.
var contentTags = regexp.MustCompile(`^[0-9a-f]{16}$`)

// inspect says what is wrong with an image that is to get a content tag or a released tag: its tests fail, or nobody has run them.
func (w *world) inspect(repository, tag string, manifest []byte) string {
	image := repository[strings.LastIndex(repository, "/")+1:]
	references := places[image]
	isReleased := slices.Contains(references, strings.TrimPrefix(repository, w.name+"/")+":"+tag)
	if !isReleased && !contentTags.MatchString(tag) || references == nil {
		return ""
	}
	for _, part := range imagesIn(repository, manifest) {
		config, err := w.configuration(repository, part.Config.Digest)
		if err != nil {
			return fmt.Sprintf("cannot be read: %v", err)
		}
		for _, variable := range config.Config.Env {
			if strings.HasSuffix(variable, "_QUALITY=bad") {
				return "fails its tests: " + variable
			}
		}
		if !w.isReal && !w.isTested(image, part.Config.Digest) {
			return "nobody has tested"
		}
	}
	return ""
}

// isTested reports whether the tests of an image passed in it.
func (w *world) isTested(image string, id v1.Hash) bool {
	lines, err := os.ReadFile(w.testedFile())
	return err == nil && bytes.Contains(lines, fmt.Appendf(nil, "%s %s 0\n", image, id))
}

// imagesIn are the images that a manifest or an index names.
func imagesIn(repository string, content []byte) []*v1.Manifest {
	index, err := v1.ParseIndexManifest(bytes.NewReader(content))
	if err != nil || len(index.Manifests) == 0 {
		if manifest, err := v1.ParseManifest(bytes.NewReader(content)); err == nil {
			return []*v1.Manifest{manifest}
		}
		return nil
	}
	var out []*v1.Manifest
	for _, part := range index.Manifests {
		if found, err := remote.Get(at(repository, part.Digest.String())); err == nil {
			out = append(out, imagesIn(repository, found.Manifest)...)
		}
	}
	return out
}

// configuration reads the configuration of an image.
func (w *world) configuration(repository string, id v1.Hash) (*v1.ConfigFile, error) {
	content, err := blob(repository, id)
	if err != nil {
		return nil, err
	}
	var config v1.ConfigFile
	return &config, json.Unmarshal(content, &config)
}

func blob(repository string, id v1.Hash) ([]byte, error) {
	layer, err := remote.Layer(at(repository, id.String()).Context().Digest(id.String()))
	if err != nil {
		return nil, err
	}
	content, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return io.ReadAll(content)
}

// labels are the values of a label in the images of a digest.
func (w *world) labels(repository, digest, label string) []string {
	found, err := remote.Get(at(w.name+"/"+repository, digest))
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, part := range imagesIn(w.name+"/"+repository, found.Manifest) {
		config, err := w.configuration(w.name+"/"+repository, part.Config.Digest)
		if err != nil {
			return []string{err.Error()}
		}
		out = append(out, config.Config.Labels[label])
	}
	return out
}

// checkSecrets looks for secrets in the image of a move: its configuration and its layers.
func (w *world) checkSecrets(m move) {
	found, err := remote.Get(at(m.repository, m.digest))
	if err != nil {
		return // deleted since
	}
	for _, part := range imagesIn(m.repository, found.Manifest) {
		for _, descriptor := range append(part.Layers, part.Config) {
			content, err := blob(m.repository, descriptor.Digest)
			if err == nil && w.secrets.in(unzipped(content)) != "" {
				w.problem("a secret is in the image %s:%s, in %s", m.repository, m.tag, descriptor.Digest)
			}
		}
	}
}

func unzipped(content []byte) []byte {
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return content
	}
	out, err := io.ReadAll(reader)
	if err != nil {
		return content
	}
	return out
}
