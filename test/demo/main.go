// Command demo shows what images in a registry say of their lineage: its arguments are references.
package main

import (
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/schema"
)

func main() {
	for _, reference := range os.Args[1:] {
		if err := show(reference); err != nil {
			fmt.Fprintln(os.Stderr, "demo:", err)
			os.Exit(1)
		}
	}
}

func show(reference string) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return err
	}
	image, err := remote.Image(ref)
	if err != nil {
		return err
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	labels := config.Config.Labels
	fmt.Printf("\n%s@%.19s…\n", ref, digest)
	fmt.Printf("  built on  %s@%.19s…\n", labels[schema.LabelBaseName], labels[schema.LabelBaseDigest])
	fmt.Printf("  by        pipeline %s of %s at %.8s, because %s\n", labels[schema.LabelPipelineID], labels[schema.LabelProject], labels[schema.LabelCommit], labels[schema.LabelReason])
	fmt.Printf("  layers    ")
	for _, id := range config.RootFS.DiffIDs {
		fmt.Printf("%.8s ", id.Hex)
	}
	fmt.Println()
	return nil
}
