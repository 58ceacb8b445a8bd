// Package client lets the program stemma-cue evaluate CUE and fetch CUE modules. stemma itself contains no CUE, so that it starts fast. The
// program is ended when it takes too much memory or time: a few lines of CUE can ask for any amount of both.
package client

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/judgement"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/internal/platform/companion"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Folder is a file system that the process can open by the path of a folder.
type Folder interface {
	fs.FS
	Dir() string
}

// Evaluator starts the process when the first file is to be evaluated.
type Evaluator struct {
	// Context ends the process.
	Context context.Context //nolint:containedctx // it is that of the command, which the compiler knows nothing of
	// Dir is the folder of the project. With Commit, the files are those of that commit.
	Dir, Commit string
	// Environ is the environment of the program.
	Environ []string
	// Time is the limit of time; thirty seconds when zero.
	Time time.Duration

	child *child
}

// child is the process, with its input and output.
type child struct {
	context context.Context //nolint:containedctx // it has the limit of time
	cancel  context.CancelFunc
	// wait waits for the process to end.
	wait     func() error
	to       io.WriteCloser
	requests *gob.Encoder
	answers  *gob.Decoder
	log      bytes.Buffer
}

// Evaluate implements compiler.Evaluator.
func (e *Evaluator) Evaluate(_ fs.FS, file string, found *diagnostic.List) (*tree.Node, []string) {
	answer := e.ask(Request{File: file}, found)
	return answer.Document, answer.Files
}

// HasImages implements compiler.Evaluator. A file that cannot be read has none; to evaluate it reports why.
func (e *Evaluator) HasImages(_ fs.FS, file string) bool {
	var ignored diagnostic.List
	return e.ask(Request{File: file, HasImages: true}, &ignored).HasImages
}

// Unify implements compiler.Evaluator.
func (e *Evaluator) Unify(_ fs.FS, document *tree.Node, with []string, found *diagnostic.List) (*tree.Node, []string) {
	answer := e.ask(Request{File: with[0], Document: document, With: with}, found)
	return answer.Document, answer.Files
}

// Judge implements compiler.Evaluator.
func (e *Evaluator) Judge(files fs.FS, policy string, at diagnostic.Span, resolved *tree.Node, found *diagnostic.List) judgement.Judgement {
	asked := Request{Policy: policy, At: at, Document: resolved}
	if folder, ok := files.(Folder); ok {
		asked.Folder = folder.Dir()
	}
	return e.ask(asked, found).Judgement
}

func (e *Evaluator) ask(asked Request, found *diagnostic.List) Answer {
	var answer Answer
	if asked.At == (diagnostic.Span{}) {
		asked.At = diagnostic.Span{File: asked.File}
	}
	err := e.start()
	if err == nil {
		err = e.child.ask(asked, &answer)
	}
	if err != nil {
		e.report(asked.At, err, found)
		return Answer{}
	}
	*found = append(*found, answer.Found...)
	return answer
}

// Close ends the process.
func (e *Evaluator) Close() error {
	if e.child == nil {
		return nil
	}
	defer e.child.cancel()
	return errors.Join(e.child.to.Close(), e.child.wait())
}

func (e *Evaluator) start() error {
	if e.child != nil {
		return nil
	}
	program, err := Program.Find()
	if err != nil {
		return err
	}
	limit := e.Time
	if limit == 0 {
		limit = MaxTime
	}
	ctx, cancel := context.WithTimeoutCause(e.Context, limit, limitError(fmt.Sprintf("it takes longer than %s", limit)))
	command := process.Command(ctx, program, schema.Version, Evaluate, e.Dir, e.Commit)
	command.Env = e.Environ
	c := &child{context: ctx, cancel: cancel, wait: sync.OnceValue(command.Wait)}
	command.Stderr = &head{to: &c.log}
	to, err := command.StdinPipe()
	if err != nil {
		cancel()
		return err
	}
	from, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		cancel()
		_ = to.Close() // Start has closed it where it fails
		return err
	}
	c.to, c.requests, c.answers = to, gob.NewEncoder(to), gob.NewDecoder(io.LimitReader(from, maxAnswer))
	e.child = c
	return nil
}

func (c *child) ask(asked Request, into *Answer) error {
	err := c.requests.Encode(asked)
	if err == nil {
		err = c.answers.Decode(into)
	}
	if err == nil {
		return nil
	}
	c.cancel()
	ended := c.wait()
	if cause := context.Cause(c.context); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if limit := limitOf(ended, c.log.String()); limit != nil {
		return limit
	}
	if first, _, _ := strings.Cut(c.log.String(), "\n"); first != "" {
		return errors.New(first)
	}
	return whyEnded(err, ended)
}

// whyEnded returns why there is no answer, from the error of the pipe and that of the process, which may be one of ending it.
func whyEnded(pipe, ended error) error {
	var exit *exec.ExitError
	switch {
	case !hasEnded(pipe):
		return fmt.Errorf("read what %s printed: %w", Program, pipe)
	case errors.As(ended, &exit):
		return fmt.Errorf("%s stopped: %w", Program, ended)
	default:
		return fmt.Errorf("%s stopped without an answer", Program)
	}
}

// hasEnded reports whether the other end of a pipe closed it, as a process does that ends.
func hasEnded(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)
}

// limitOf returns the limit that ended a process; nil if none did. Go's runtime ends a program with the same code for each limit, and only
// the text tells them apart.
func limitOf(ended error, log string) error {
	var exit *exec.ExitError
	isMemory := func(text string) bool { return strings.Contains(log, text) }
	switch {
	case errors.As(ended, &exit) && exit.ExitCode() == ExitMemory, slices.ContainsFunc(noMemory, isMemory):
		return errMemory
	case strings.Contains(log, "stack exceeds"):
		return errDepth
	default:
		return nil
	}
}

// noMemory are messages with which Go's runtime ends a program that gets no memory: for the heap, for itself, for a thread.
var noMemory = []string{"out of memory", "cannot allocate memory", "failed to create new OS thread"}

// limitError says which limit ended the process.
type limitError string

func (e limitError) Error() string { return string(e) }

var errMemory = limitError(fmt.Sprintf("it takes more than %d GiB of memory", MaxMemory>>30))

const errDepth limitError = "its values are nested too deep"

func (e *Evaluator) report(at diagnostic.Span, err error, found *diagnostic.List) {
	var limit limitError
	var missing *companion.MissingError
	switch {
	case errors.As(err, &missing):
		found.Errorf(diagnostic.CUE, at, "the program %s, which evaluates CUE, is neither in %s nor on PATH", missing.Program, missing.Beside).
			WithHint("install it with `%s`", missing.Install())
	case errors.As(err, &limit):
		found.Errorf(diagnostic.TooLarge, at, "the evaluation was stopped: %v", err).
			WithHint("look for a list, a text or a comprehension that grows with each step")
	case e.Context.Err() != nil:
		found.Errorf(diagnostic.CUE, at, "the evaluation was cancelled")
	default:
		found.Errorf(diagnostic.CUE, at, "the evaluation ended early: %v", process.Cause(e.Context, err))
	}
}

// head keeps the beginning of a log, which says why a Go program was ended.
type head struct{ to *bytes.Buffer }

func (h *head) Write(b []byte) (int, error) {
	h.to.Write(b[:min(len(b), max(0, 64<<10-h.to.Len()))])
	return len(b), nil
}
