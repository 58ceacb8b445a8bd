// Package prune is the job that deletes old content tags from the project's registry.
package prune

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Registry lists, reads and deletes tags.
type Registry interface {
	Tags(ctx context.Context, repository oci.Repository, credentials oci.Credentials) ([]schema.Tag, error)
	Look(ctx context.Context, at oci.Reference, platform string) (oci.Found, error)
	Resolve(ctx context.Context, at oci.Reference) (oci.Digest, error)
	Untag(ctx context.Context, at oci.Reference) error
}

// Env is what the job uses.
type Env struct {
	Getenv   func(string) string
	Log      output.Log
	Now      func() time.Time
	Registry Registry
	// GitLab returns a client with a token.
	GitLab func(gitlab.Token) (*gitlab.Client, error)
}

// Run deletes old content tags of the images that schema.VarPrune names from the project's registry.
func Run(ctx context.Context, env Env) error {
	r := jobenv.NewReader(env.Getenv)
	p := Pruning{Env: env, Current: map[string][]string{}, DryRun: env.Getenv(schema.VarDryRun) != ""}
	p.Prefix = r.ProjectRegistry()
	p.Images = r.List(schema.VarPrune)
	if len(p.Images) == 0 {
		r.Fail("%s is not set: it names the images to look at, separated by commas", schema.VarPrune)
	}
	var err error
	if p.Keep, err = ParseAge(cmp.Or(env.Getenv(schema.VarKeep), "30d")); err != nil {
		r.Fail("%s: %w", schema.VarKeep, err)
	}
	if err := r.Err(); err != nil {
		return err
	}
	_, err = p.Run(ctx)
	return err
}

// ParseAge reads "36h", "30d" or "4w".
func ParseAge(text string) (time.Duration, error) {
	units := map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	if text != "" {
		number, err := strconv.Atoi(text[:len(text)-1])
		if unit, ok := units[text[len(text)-1:]]; ok && err == nil && number >= 0 && number < 100_000 {
			return time.Duration(number) * unit, nil
		}
	}
	return 0, fmt.Errorf("%q is no age: write a number of hours, days or weeks, such as 36h, 30d or 4w", text)
}

// Pruning describes which tags of a registry to delete.
type Pruning struct {
	Env
	// Prefix is the registry path of the project, and Images are names below it. Images in Spared are not deleted, only read: their parents
	// stay.
	Prefix         string
	Images, Spared []string
	// Current has the tags that stay whatever their age, by image.
	Current map[string][]string
	// Keep is the age up to which tags stay.
	Keep   time.Duration
	DryRun bool
}

// tagsAtOnce limits how many tags are looked up, or deleted, at a time.
const tagsAtOnce = 16

// Run deletes the tags and returns their number. If a lookup fails, it deletes nothing: an image that could not be read may be in use.
func (p Pruning) Run(ctx context.Context) (deleted int, err error) {
	tags, err := p.look(ctx)
	if err != nil {
		return 0, fmt.Errorf("find old tags; nothing is deleted: %w", err)
	}
	var old []verdict
	for _, v := range judge(tags, p.Current, p.Keep, p.Now()) {
		if slices.Contains(p.Spared, v.Tag.Image) {
			continue
		}
		if !v.Stays {
			old = append(old, v)
		} else if contentTag().MatchString(v.Tag.Tag) {
			p.Log.Printf("Keep %s:%s: %s.", v.Tag.Image, v.Tag.Tag, v.Reason)
		}
	}
	failures := make([]error, len(old))
	parallel.Each(len(old), tagsAtOnce, func(i int) {
		if !p.DryRun {
			failures[i] = p.delete(ctx, old[i].Tag)
		}
	})
	for i, v := range old {
		switch {
		case p.DryRun:
			p.Log.Printf("Would delete %s:%s, %s.", v.Tag.Image, v.Tag.Tag, v.Tag.origin())
		case failures[i] == nil:
			deleted++
			p.Log.Printf("Deleted %s:%s, %s.", v.Tag.Image, v.Tag.Tag, v.Tag.origin())
		}
	}
	return deleted, errors.Join(failures...)
}

// look looks up all tags of the images.
func (p Pruning) look(ctx context.Context) ([]tagged, error) {
	names, repositories := make([][]schema.Tag, len(p.Images)), make([]oci.Repository, len(p.Images))
	failures := make([]error, len(p.Images))
	parallel.Each(len(p.Images), tagsAtOnce, func(i int) {
		if repositories[i], failures[i] = oci.ParseRepository(p.Prefix + "/" + p.Images[i]); failures[i] == nil {
			names[i], failures[i] = p.Registry.Tags(ctx, repositories[i], oci.Credentials{})
		}
	})
	failed := errors.Join(failures...)
	var tags []tagged
	for i, image := range p.Images {
		slices.SortFunc(names[i], func(a, b schema.Tag) int { return strings.Compare(a.String(), b.String()) })
		for _, tag := range names[i] {
			tags = append(tags, tagged{Image: image, Tag: tag.String(), at: repositories[i].Tag(tag)})
		}
	}
	failures = make([]error, len(tags))
	parallel.Each(len(tags), tagsAtOnce, func(i int) { failures[i] = p.describe(ctx, &tags[i]) })
	tags = slices.DeleteFunc(tags, func(t tagged) bool { return t.Digest.IsZero() }) // gone meanwhile
	return tags, errors.Join(failed, errors.Join(failures...))
}

// describe looks up the image of a tag. Only the digest is known of a tag that stemma did not set and that is no image.
func (p Pruning) describe(ctx context.Context, t *tagged) error {
	found, err := p.Registry.Look(ctx, t.at, "")
	t.Digest, t.Labels = found.Digest, found.Labels
	for _, part := range found.Platforms {
		t.Parts = append(t.Parts, part)
	}
	if isNoImage(err) && !t.isOurs() {
		t.Digest, err = p.Registry.Resolve(ctx, t.at)
	}
	if oci.IsNotFound(err) {
		t.Digest, err = oci.Digest{}, nil
	}
	return err
}

// isNoImage reports whether a manifest has no configuration of an image, as artifacts of other tools have none.
func isNoImage(err error) bool {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &kind) || errors.Is(err, io.EOF)
}

// delete deletes a tag at the registry, or else through GitLab where the registry itself cannot.
func (p Pruning) delete(ctx context.Context, t tagged) error {
	err := p.Registry.Untag(ctx, t.at)
	secret := p.Getenv(schema.VarAccessToken)
	if !errors.Is(err, oci.ErrTagsStay) || secret == "" || p.Getenv("CI_API_V4_URL") == "" {
		return err
	}
	api, err := p.GitLab(gitlab.NewToken(gitlab.Private, secret, schema.VarAccessToken))
	if err != nil {
		return err
	}
	return deleteThrough(ctx, api, p.Getenv("CI_PROJECT_PATH"), t.at)
}

// deleteThrough deletes a tag with GitLab's API.
func deleteThrough(ctx context.Context, api *gitlab.Client, path string, at oci.Reference) error {
	project, err := gitlab.ParseProject(path)
	if err != nil {
		return err
	}
	repositories, err := api.RegistryRepositories(ctx, project)
	if err != nil {
		return fmt.Errorf("list the images of %s: %w", project, err)
	}
	for _, r := range repositories {
		if at.Repository().Registry()+"/"+r.Path == at.Repository().String() {
			return api.DeleteRegistryTag(ctx, project, r.ID, at.Tag().String())
		}
	}
	return fmt.Errorf("delete %s: GitLab knows no such image", at)
}
