package buildah

import (
	"bytes"
	"context"
	"io"
)

// Task is a shell snippet that runs as root in an image, without changing it.
type Task struct {
	Script string
	// Env is added to the image's environment.
	Env map[string]string
	// Folder is a folder of the host that appears as Inside; both may be empty.
	Folder, Inside string
	// Errors gets what the snippet prints to its standard error, besides the log; it may be nil.
	Errors io.Writer
}

// RunTask pulls an image, pinned by digest, and runs a task in a container of it. The output is what the snippet prints to its
// standard output. The status is that of the snippet; the error says that it could not be run at all.
func (b *Builder) RunTask(ctx context.Context, reference, platform string, task Task) (status int, output string, err error) {
	container, remove, err := b.from(ctx, reference, platform)
	if err != nil {
		return 0, "", err
	}
	defer remove()
	flags := asRoot(task.Env)
	if task.Folder != "" {
		flags = append(flags, "--volume", task.Folder+":"+task.Inside)
	}
	var printed bytes.Buffer
	messages := b.config.Log
	if task.Errors != nil {
		messages = io.MultiWriter(messages, task.Errors)
	}
	p := inside{container: container, flags: flags, program: shellScript(task.Script), stdout: &printed, stderr: messages}
	status, err = statusOf(ctx, b.runInside(ctx, p))
	return status, printed.String(), err
}
