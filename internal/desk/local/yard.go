package local

import (
	"context"
	"io"
	"io/fs"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/desk/store"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Yard is where the work is done, and with what.
type Yard struct {
	Project Project
	Store   *store.Store
	// Registry says how registries are reached.
	Registry oci.Config
	// Builder makes what builds images and runs their tests, once per run. It pulls with the client's credentials; the server is where
	// it finds the images of the store, host:port.
	Builder func(ctx context.Context, registry *oci.Client, server string) (Builder, error)
	// Source are the project's files, as the images' tags were made from them. Clone makes a checkout of them in a new folder, for
	// snippets that run inside of images.
	Source fs.FS
	Clone  func(ctx context.Context, log io.Writer, folder string) error
	// Logs is a folder for the log of each image.
	Logs string
	// Board hears what happens.
	Board Board
	Now   func() time.Time
}

// Builder builds images, runs commands in them, and keeps them for the user of this machine.
type Builder interface {
	job.Builder
	// To is the same builder with another log.
	To(log io.Writer) Builder
	// Keep lets a name of the machine's storage stand for an image that the store serves. Names are those with a prefix, and Forget
	// removes one.
	Keep(ctx context.Context, reference, name string) error
	Names(ctx context.Context, prefix string) ([]string, error)
	Forget(ctx context.Context, name string) error
	// Fetch fetches a commit, branch or tag of another repository to a new folder.
	Fetch(ctx context.Context, address, commit, folder string) error
	// Beside runs a snippet on this machine, in a folder; see job.Env.
	Beside(ctx context.Context, folder, snippet, image string) (status int, output string, err error)
}

// Board hears what happens to images; its methods are called from several goroutines.
type Board interface {
	// Begin says what is done to an image from now on.
	Begin(image, doing string)
	// End says how it ended.
	End(Result)
	// Close comes when nothing more happens.
	Close()
}

// visit is a run in a yard: with a server for the store, and a client that finds there what this machine has.
type visit struct {
	Yard
	server *store.Server
	client *oci.Client
	// isHere says of each repository whether the store answers for it.
	isHere map[oci.Repository]bool
}

// open starts the server. The caller closes it.
func (y Yard) open(isHere map[oci.Repository]bool) (*visit, error) {
	server, err := y.Store.Serve()
	if err != nil {
		return nil, err
	}
	v := &visit{Yard: y, server: server, isHere: isHere}
	if v.client, err = oci.NewClient(v.reach()); err != nil {
		server.Close()
		return nil, err
	}
	return v, nil
}
