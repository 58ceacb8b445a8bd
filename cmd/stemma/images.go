package main

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/workstation"
)

// mostJobs limits the default of --jobs: each build keeps a disk and a network busy too.
const mostJobs = 8

func newBuildCommand(std console) *cobra.Command {
	var options workstation.BuildOptions
	var isDryRun bool
	cmd := projectCommand{
		use:     "build [IMAGE|GLOB...]",
		images:  true,
		short:   "Build and test the images that neither the registry nor this machine has, parents first",
		formats: []string{"text", "json"},
		args:    cobra.ArbitraryArgs,
		run: func(ctx context.Context, p *project.Project, format string, args []string) error {
			complete(&options.Options, std, format, args)
			if isDryRun {
				forecast, err := workstation.Preview(ctx, p, options)
				return conclude(std, format, forecast, forecast.Images, err)
			}
			outcome, err := workstation.Build(ctx, p, options)
			return conclude(std, format, outcome, outcome.Results, err)
		},
	}.command(std)
	addImageFlags(cmd, &options.Options)
	addSnapshotFlags(cmd, &options.Options)
	flags := cmd.Flags()
	flags.IntVarP(&options.AtOnce, "jobs", "j", min(runtime.NumCPU(), mostJobs), "how many images are built at a time")
	flags.BoolVar(&options.Force, "force", false, "build the named images even if they exist")
	flags.BoolVar(&isDryRun, "dry-run", false, "only print what would be built, and why")
	flags.BoolVar(&options.AllPlatforms, "all-platforms", false, "build images for all of their platforms, not only for this machine's; needs an emulator")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if options.AtOnce < 1 {
			return cli.Usagef("--jobs is %d; it is at least 1", options.AtOnce)
		}
		return nil
	}
	return cmd
}

func newPublishCommand(std console) *cobra.Command {
	var options workstation.Options
	cmd := projectCommand{
		use:     "publish [IMAGE|GLOB...]",
		images:  true,
		short:   "Push images that were built and tested on this machine, and move their released tags",
		formats: []string{"text", "json"},
		args:    cobra.ArbitraryArgs,
		run: func(ctx context.Context, p *project.Project, format string, args []string) error {
			complete(&options, std, format, args)
			outcome, err := workstation.Publish(ctx, p, options)
			return conclude(std, format, outcome, outcome.Results, err)
		},
	}.command(std)
	addImageFlags(cmd, &options)
	addSnapshotFlags(cmd, &options)
	return cmd
}

func newPruneCommand(std console) *cobra.Command {
	var options workstation.PruneOptions
	cmd := projectCommand{
		use:     "prune [IMAGE|GLOB...]",
		images:  true,
		short:   "Remove outdated builds of images from this machine and, with --registry, old content tags from a registry",
		formats: []string{"text"},
		args:    cobra.ArbitraryArgs,
		run: func(ctx context.Context, p *project.Project, format string, args []string) error {
			complete(&options.Options, std, format, args)
			return workstation.Prune(ctx, p, options)
		},
	}.command(std)
	addImageFlags(cmd, &options.Options)
	cmd.Flags().BoolVar(&options.DryRun, "dry-run", false, "only print what would be removed")
	cmd.Flags().StringVar(&options.Keep, "keep", "30d", "the age, in hours, days or weeks, up to which tags in the registry and logs are kept")
	return cmd
}

// addImageFlags adds the flags of commands that work on images here.
func addImageFlags(cmd *cobra.Command, options *workstation.Options) {
	cmd.Flags().StringVar(&options.Registry, "registry", "", "the registry path for the images, such as registry.example.org/group/project; default: STEMMA_REGISTRY, or else localhost, for this machine only")
	cmd.Flags().StringVar(&options.Logs, "logs", "", "the folder for the logs, one file for each image; default: a folder in the user's cache")
}

func addSnapshotFlags(cmd *cobra.Command, options *workstation.Options) {
	cmd.Flags().BoolVar(&options.Nightly, "nightly", false, "add the day to the tags of all images; these are never released")
	cmd.Flags().BoolVar(&options.Snapshot, "snapshot", false, "add the second to the tags of all images; these are never released")
}

// complete sets the options that are not flags.
func complete(options *workstation.Options, std console, format string, images []string) {
	options.Images, options.Std, options.Quiet = images, std.Streams, format == "json"
}

// ending is the end of a run: a text for people, and whether something failed.
type ending interface {
	Text() string
	IsBad() bool
}

// conclude prints the end of a run, as JSON its results.
func conclude(std console, format string, outcome ending, results any, err error) error {
	if err == nil {
		err = show(std.Out, format, results, outcome.Text)
	}
	if err == nil && outcome.IsBad() {
		return cli.ErrFindings
	}
	return err
}
