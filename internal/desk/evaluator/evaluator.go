// Package evaluator evaluates definitions in CUE in a process of its own, which is ended when it takes too much memory or time. A few
// lines of CUE can ask for any amount of both.
package evaluator

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
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
)

// Limits of all evaluations of one command together.
const (
	maxMemory = 1 << 30
	maxTime   = 30 * time.Second
	maxResult = 256 << 20
)

// request asks for the document in a file; with Document, for that document unified with the files With; with HasImages, whether the file has
// images; with Policy, for a judgement of the document.
type request struct {
	File      string
	HasImages bool
	Document  *tree.Node
	With      []string
	Policy    string
	// Folder has the policy, or is empty for the project.
	Folder string
	// At is the place of findings about the request itself.
	At diagnostic.Span
}

// result is what the process sends for each request.
type result struct {
	Document  *tree.Node
	Files     []string
	HasImages bool
	Judgement cuex.Judgement
	Found     diagnostic.List
}

// Folder is a file system that the process can open by the path of a folder.
type Folder interface {
	fs.FS
	Dir() string
}

// Evaluator starts the process when the first file is to be evaluated.
type Evaluator struct {
	// Context ends the process.
	Context context.Context //nolint:containedctx // it is that of the command, which the compiler knows nothing of
	// Program is the one that calls Serve, with its name and arguments, and its environment.
	Program string
	Args    []string
	Environ []string
	// Time is the limit of time; thirty seconds when zero.
	Time time.Duration

	child *child
}

// child is the process, with its input and output.
type child struct {
	context context.Context //nolint:containedctx // it has the limit of time
	cancel  context.CancelFunc
	// wait waits for the process, which somebody has asked to end.
	wait     func() error
	to       io.WriteCloser
	requests *gob.Encoder
	answers  *gob.Decoder
	log      bytes.Buffer
}

// Evaluate implements compiler.Evaluator.
func (e *Evaluator) Evaluate(_ fs.FS, file string, found *diagnostic.List) (*tree.Node, []string) {
	answer := e.ask(request{File: file}, found)
	return answer.Document, answer.Files
}

// HasImages implements compiler.Evaluator. A file that cannot be read has none; to evaluate it reports why.
func (e *Evaluator) HasImages(_ fs.FS, file string) bool {
	var ignored diagnostic.List
	return e.ask(request{File: file, HasImages: true}, &ignored).HasImages
}

// Unify implements compiler.Evaluator.
func (e *Evaluator) Unify(_ fs.FS, document *tree.Node, with []string, found *diagnostic.List) (*tree.Node, []string) {
	answer := e.ask(request{File: with[0], Document: document, With: with}, found)
	return answer.Document, answer.Files
}

// Judge implements compiler.Evaluator.
func (e *Evaluator) Judge(files fs.FS, policy string, at diagnostic.Span, resolved *tree.Node, found *diagnostic.List) cuex.Judgement {
	asked := request{Policy: policy, At: at, Document: resolved}
	if folder, ok := files.(Folder); ok {
		asked.Folder = folder.Dir()
	}
	return e.ask(asked, found).Judgement
}

func (e *Evaluator) ask(asked request, found *diagnostic.List) result {
	var answer result
	if asked.At == (diagnostic.Span{}) {
		asked.At = diagnostic.Span{File: asked.File}
	}
	err := e.start()
	if err == nil {
		err = e.child.ask(asked, &answer)
	}
	if err != nil {
		e.report(asked.At, err, found)
		return result{}
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
	limit := e.Time
	if limit == 0 {
		limit = maxTime
	}
	ctx, cancel := context.WithTimeoutCause(e.Context, limit, errTime{limit})
	command := process.Command(ctx, e.Program)
	command.Args, command.Env = e.Args, e.Environ
	c := &child{context: ctx, cancel: cancel, wait: sync.OnceValue(command.Wait)}
	command.Stderr = &tail{to: &c.log}
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
		return errors.Join(err, to.Close())
	}
	c.to, c.requests, c.answers = to, gob.NewEncoder(to), gob.NewDecoder(io.LimitReader(from, maxResult))
	e.child = c
	return nil
}

func (c *child) ask(asked request, into *result) error {
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
		ended = errors.Join(ended, errors.New(first))
	}
	return errors.Join(err, ended)
}

// limitOf returns the limit that ended a process; nil if none did. Go's runtime ends a program with the same code for each limit, and only
// the text tells them apart.
func limitOf(ended error, log string) error {
	var exit *exec.ExitError
	isMemory := func(text string) bool { return strings.Contains(log, text) }
	switch {
	case errors.As(ended, &exit) && exit.ExitCode() == exitMemory, slices.ContainsFunc(noMemory, isMemory):
		return errMemory
	case strings.Contains(log, "stack exceeds"):
		return errDepth
	default:
		return nil
	}
}

// noMemory are messages with which Go's runtime ends a program that gets no memory: for the heap, for itself, for a thread.
var noMemory = []string{"out of memory", "cannot allocate memory", "failed to create new OS thread"}

// exitMemory is the exit code of a process that takes too much memory.
const exitMemory = 77

// errTime, errMemory and errDepth say which limit ended the process.
type errTime struct{ limit time.Duration }

func (e errTime) Error() string { return fmt.Sprintf("it takes longer than %s", e.limit) }

var (
	errMemory = fmt.Errorf("it takes more than %d GiB of memory", maxMemory>>30)
	errDepth  = errors.New("its values are nested too deep")
)

func (e *Evaluator) report(at diagnostic.Span, err error, found *diagnostic.List) {
	var time errTime
	switch {
	case errors.As(err, &time), errors.Is(err, errMemory), errors.Is(err, errDepth):
		found.Errorf(diagnostic.TooLarge, at, "the evaluation was stopped: %v", err).
			WithHint("look for a list, a text or a comprehension that grows with each step")
	case e.Context.Err() != nil:
		found.Errorf(diagnostic.CUE, at, "the evaluation was cancelled")
	default:
		found.Errorf(diagnostic.CUE, at, "the evaluation ended early: %v", process.Cause(e.Context, err))
	}
}

// tail keeps the beginning of a log, which says why a program of Go was ended.
type tail struct{ to *bytes.Buffer }

func (t *tail) Write(b []byte) (int, error) {
	t.to.Write(b[:min(len(b), max(0, 64<<10-t.to.Len()))])
	return len(b), nil
}
