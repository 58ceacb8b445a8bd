package local

import (
	"context"
	"io"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/desk/store"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Session holds what the commands of this package need: the project, the store, registries and a builder.
type Session struct {
	Project Project
	Store   *store.Store
	// Registry configures the client of registries.
	Registry oci.Config
	// Builder returns the builder of a run. It pulls with the client's credentials. It finds the images of the store at server,
	// host:port.
	Builder func(ctx context.Context, registry *oci.Client, server string) (Builder, error)
	// Copy copies the project's files, from which the images' tags were computed, to a new folder. Clone makes a checkout of them, for snippets
	// that run inside images.
	Copy  func(folder string) error
	Clone func(ctx context.Context, log io.Writer, folder string) error
	// Logs is a folder for the log of each image.
	Logs string
	// Progress is told what happens to each image.
	Progress Progress
	Now      func() time.Time
}

// Builder builds images, runs commands in them, and adds them to the storage of this machine.
type Builder interface {
	build.Builder
	// To returns the same builder with another log.
	To(log output.Log) Builder
	// Keep gives an image that the store serves a name in the machine's storage. Names lists the names with a prefix, and Forget
	// removes one.
	Keep(ctx context.Context, reference, name string) error
	Names(ctx context.Context, prefix string) ([]string, error)
	Forget(ctx context.Context, name string) error
	// Fetch fetches a commit, branch or tag of another repository to a new folder.
	Fetch(ctx context.Context, address, commit, folder string) error
	// RunOutside runs a snippet outside the image, in a folder of this machine.
	RunOutside(ctx context.Context, folder, snippet, image string) (status int, output string, err error)
}

// Progress shows what happens to images. Its methods are called from several goroutines.
type Progress interface {
	// Plan lists the images of the run, parents first, before any other call.
	Plan(images []Planned)
	// Begin reports that a phase of the work on an image begins, such as "pull".
	Begin(image, phase string)
	// Print passes on what the image's jobs print.
	Print(image string, text []byte)
	// End reports the result of an image.
	End(Result)
	// Close ends the report; no other call follows.
	Close()
}

// connection is a session with a server for the store, and a client that finds the images of this machine there.
type connection struct {
	Session
	server *store.Server
	client *oci.Client
	// isInStore reports for each repository whether the store answers for it.
	isInStore map[oci.Repository]bool
}

// start starts the server. The caller closes it.
func (s Session) start(isHere map[oci.Repository]bool) (*connection, error) {
	server, err := s.Store.Serve()
	if err != nil {
		return nil, err
	}
	conn := &connection{Session: s, server: server, isInStore: isHere}
	if conn.client, err = oci.NewClient(conn.reach()); err != nil {
		server.Close()
		return nil, err
	}
	return conn, nil
}
