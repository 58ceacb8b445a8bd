package bakefiles

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/bake"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// secrets are the CI variables that hold what the machine that builds has, for the steps that mount it.
func (c *conversion) secrets(i *image) {
	for _, secret := range i.Secrets {
		if !slices.Contains(i.parsed.Secrets, secret.ID) {
			c.looks.Add(secret.At, secret.ID, "the Dockerfile mounts no secret of this id", i.Name)
			continue
		}
		if !importer.SecretID.Takes(secret.ID) {
			c.leaveOut(i, "%s is no id of a secret here", secret.ID)
			return
		}
		variable, isFile := variableOf(secret)
		build := i.build()
		if build.Secrets == nil {
			build.Secrets = map[string]any{}
		}
		if isFile {
			build.Secrets[secret.ID] = importer.SecretFile{File: variable}
			c.looks.Add(secret.At, secret.ID, "create the CI variable "+variable+" of the type File, protected", i.Name)
		} else {
			build.Secrets[secret.ID] = variable
			c.looks.Add(secret.At, secret.ID, "create the CI variable "+variable+", masked and protected", i.Name)
		}
	}
}

// variableOf is the name of the CI variable of a secret: its own where it has one, or else one like its id.
func variableOf(secret bake.Secret) (name string, isFile bool) {
	const prefix = "SECRET_"
	switch {
	case secret.Variable != "":
		name = secret.Variable
	case secret.File == "" && importer.VariableName.Takes(secret.ID):
		name = secret.ID
	default:
		name, isFile = importer.NearestVariable(secret.ID, prefix), true
	}
	if !importer.VariableName.Takes(name) || strings.HasPrefix(name, "STEMMA_") || strings.HasPrefix(name, "FDO_") {
		name = prefix + importer.NearestVariable(name, "")
	}
	return name, isFile
}

// build are the settings of the image's build.
func (i *image) build() *importer.Build {
	if i.made.Build == nil {
		i.made.Build = &importer.Build{}
	}
	return i.made.Build
}
