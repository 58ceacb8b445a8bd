package fairy

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Registry is the part of GitLab that DeleteImages asks.
type Registry interface {
	RegistryRepositories(ctx context.Context, project gitlab.Project) ([]gitlab.RegistryRepository, error)
	RegistryTags(ctx context.Context, project gitlab.Project, repository int64) ([]gitlab.RegistryTag, error)
	DeleteRegistryTag(ctx context.Context, project gitlab.Project, repository int64, name string) error
}

// Deletion says which images to delete.
type Deletion struct {
	Project gitlab.Project
	// Repository is the path below the project's, "fedora/43", or a pattern such as "fedora/*"; every one when All is set.
	Repository string
	All        bool
	// Tag is the one to delete, or a pattern; every one but those that Exclude matches when empty.
	Tag, Exclude string
	DryRun       bool
}

// DeleteImages deletes tags of a project's registry and says which. One that cannot be deleted ends it.
func DeleteImages(ctx context.Context, registry Registry, d Deletion, log io.Writer) error {
	repositories, err := registry.RegistryRepositories(ctx, d.Project)
	if err != nil {
		return fmt.Errorf("list the images of %s: %w", d.Project, err)
	}
	slices.SortFunc(repositories, func(a, b gitlab.RegistryRepository) int { return strings.Compare(a.Path, b.Path) })
	found := false
	for _, repository := range repositories {
		name := strings.TrimPrefix(strings.ToLower(repository.Path), strings.ToLower(d.Project.String())+"/")
		if isChosen, err := matches(d.Repository, name); err != nil || !isChosen && !d.All {
			if err != nil {
				return err
			}
			continue
		}
		found = true
		if err := d.delete(ctx, registry, repository, log); err != nil {
			return err
		}
	}
	if !found && !d.All {
		return fmt.Errorf("%s has no image %s", d.Project, d.Repository)
	}
	return nil
}

func (d Deletion) delete(ctx context.Context, registry Registry, repository gitlab.RegistryRepository, log io.Writer) error {
	tags, err := registry.RegistryTags(ctx, d.Project, repository.ID)
	if err != nil {
		return fmt.Errorf("list the tags of %s: %w", repository.Path, err)
	}
	for _, tag := range tags {
		isChosen, err := matches(d.Tag, tag.Name)
		if err != nil {
			return err
		}
		isKept, err := matches(d.Exclude, tag.Name)
		if err != nil {
			return err
		}
		if d.Tag != "" && !isChosen || d.Exclude != "" && isKept {
			continue
		}
		if d.DryRun {
			fmt.Fprintf(log, "would delete %s\n", terminal.Line(repository.Path+":"+tag.Name))
			continue
		}
		if err := registry.DeleteRegistryTag(ctx, d.Project, repository.ID, tag.Name); err != nil {
			return fmt.Errorf("delete %s:%s: %w", repository.Path, tag.Name, err)
		}
		fmt.Fprintf(log, "deleted %s\n", terminal.Line(repository.Path+":"+tag.Name))
	}
	return nil
}

func matches(pattern, name string) (bool, error) {
	matched, err := path.Match(pattern, name)
	if err != nil {
		return false, fmt.Errorf("%q is not a pattern", pattern)
	}
	return matched, nil
}
