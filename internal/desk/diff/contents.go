package diff

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/platform/packages"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Contents is what differs between an old and a new image in a registry.
type Contents struct {
	// Name is the name of an image of the project, or of an external image whose pin moves.
	Name string `json:"name"`
	// References are those of the two images.
	References Move `json:"references"`
	// Changes have the keys size, user, workdir, entrypoint, command, env, labels, layers and packages. Labels of stemma do not count.
	Changes []Change `json:"changes"`
	// Problem says why the images cannot be compared, or that packages are unknown; it may be empty.
	Problem string `json:"problem,omitempty"`
}

// atOnce is how many images are compared at a time.
const atOnce = 4

// ReadImages compares, for each image that is rebuilt and each pin that moves, the old and the new image in the registry. Registry is the
// flag --registry. An image that is not built yet has a Problem; the error is about the registry as a whole.
func (d *Diff) ReadImages(ctx context.Context, p *project.Project, registry string) error {
	client, err := registries.LoggedIn(p.Getenv)
	if err != nil {
		return err
	}
	d.Contents, err = d.pairs(p, registry)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	reader := packages.NewReader(client)
	parallel.Each(len(d.Contents), atOnce, func(i int) {
		switch err := d.Contents[i].read(ctx, client, reader); {
		case outside.Is(err):
			stop(err)
		case err != nil:
			d.Contents[i].Problem = err.Error()
		}
	})
	return context.Cause(ctx)
}

// pairs returns the images to compare.
func (d *Diff) pairs(p *project.Project, registry string) ([]Contents, error) {
	all := []Contents{}
	for _, image := range d.Images {
		if !image.IsRebuilt || image.Tag.Old == "" || image.Tag.Old == image.Tag.New && image.Was == "" {
			continue
		}
		at, err := target.FindRegistry(p, registry)
		if err != nil {
			return nil, err
		}
		old := at.Prefix + "/" + cmp.Or(image.Was, image.Name) + ":" + image.Tag.Old
		all = append(all, Contents{Name: image.Name, References: Move{old, at.Prefix + "/" + image.Name + ":" + image.Tag.New}})
	}
	for _, moved := range d.moved {
		if reference, err := oci.ParseReference(moved.Name); err == nil && schema.NamesRegistry(moved.Name) {
			repository := reference.Repository().String()
			all = append(all, Contents{Name: moved.Name, References: Move{repository + "@" + moved.Old, repository + "@" + moved.New}})
		}
	}
	return all, nil
}

// read compares the two images.
func (c *Contents) read(ctx context.Context, client *oci.Client, reader *packages.Reader) error {
	c.Changes = []Change{}
	var images [2]oci.Contents
	var listings [2]packages.Listing
	for i, text := range []string{c.References.Old, c.References.New} {
		reference, err := oci.ParseReference(text)
		if err != nil {
			return err
		}
		switch images[i], err = client.Contents(ctx, reference, ""); {
		case oci.IsNotFound(err) && i == 0:
			return fmt.Errorf("the registry does not have the old image %s, so there is nothing to compare with", text)
		case oci.IsNotFound(err):
			return fmt.Errorf("the registry does not have %s: it is compared once it is built", text)
		case err != nil:
			return err
		}
		if listings[i], err = reader.List(ctx, images[i].Reference, ""); err != nil {
			return err
		}
	}
	c.compareSettings(images[0], images[1])
	changes, err := packages.Compare(listings[0], listings[1])
	if err != nil {
		return err
	}
	c.add(inPackages(changes))
	return nil
}

func (c *Contents) add(change Change) {
	if !isEmpty(change) {
		c.Changes = append(c.Changes, change)
	}
}

// compareSettings compares what the registry says without reading layers.
func (c *Contents) compareSettings(old, new oci.Contents) {
	was, is := settings(old), settings(new)
	for _, key := range []string{"size", "user", "workdir", "entrypoint", "command", "env", "labels"} {
		change, _ := compareValues(key, was[key], is[key])
		c.add(change)
	}
	shared := 0
	for _, layer := range new.Layers {
		if slices.ContainsFunc(old.Layers, func(other oci.Layer) bool { return other.Digest == layer.Digest }) {
			shared++
		}
	}
	c.add(Change{Key: "layers", Note: fmt.Sprintf("%d of %d are those of the old image", shared, len(new.Layers))})
}

// settings are the settings of an image and its size, as plain values.
func settings(image oci.Contents) map[string]any {
	env, labels := map[string]any{}, map[string]any{}
	for _, variable := range image.Settings.Env {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	for name, value := range image.Settings.Labels {
		if !strings.HasPrefix(name, "stemma.") && !strings.HasPrefix(name, "fdo.") && !slices.Contains(ownLabels, name) {
			labels[name] = value
		}
	}
	return map[string]any{
		"size": fmt.Sprintf("%.1f MB", float64(oci.Size(image.Layers))/1e6), "user": cmp.Or(image.Settings.User, "root"), "workdir": text(image.Settings.Workdir),
		"entrypoint": words(image.Settings.Entrypoint), "command": words(image.Settings.Command), "env": orNil(env), "labels": orNil(labels),
	}
}

// ownLabels are labels that each build sets to another value.
var ownLabels = []string{
	schema.LabelCreated, schema.LabelSource, schema.LabelVersion, schema.LabelRevision, schema.LabelBaseName, schema.LabelBaseDigest,
}

// words are the words of a command, as one value.
func words(list []string) any {
	if len(list) == 0 {
		return nil
	}
	return schema.JSON(list)
}

// inPackages returns the packages that are added and removed, and the versions of the others that change.
func inPackages(changes []packages.Change) Change {
	c := Change{Key: "packages"}
	for _, change := range changes {
		switch change.Kind {
		case packages.Added:
			c.Added = append(c.Added, change.Name+"="+change.After.Version)
		case packages.Removed:
			c.Removed = append(c.Removed, change.Name)
		default:
			before, after := change.Move()
			c.Parts = append(c.Parts, Change{Key: change.Name, Move: Move{before, after}})
		}
	}
	return c
}
