//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for the browser: long, because other tests may keep the machine busy.
const patience = 3 * time.Minute

// tab is a page in Chromium.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string
	said     []string
}

// open opens a file in a Chromium of its own. The test fails if the page writes to the console or makes a request.
func open(t *testing.T, file string) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 800))
	ctx, cancelTime := context.WithTimeout(t.Context(), patience)
	ctx, cancelBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, cancelTab := chromedp.NewContext(ctx)
	tb := &tab{T: t, ctx: ctx}
	t.Cleanup(func() {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		if len(tb.requests) != 1 {
			t.Errorf("got the requests %q, want only that of the page", tb.requests)
		}
		if len(tb.said) > 0 {
			t.Errorf("the page wrote to the console: %q", tb.said)
		}
		cancelTab()
		cancelBrowser()
		cancelTime()
	})
	tb.check(chromedp.Listen(ctx, tb.hear))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	tb.check(err)
	tb.do(chromedp.Navigate("file://" + file))
	return tb
}

// hear notes what the page asks for and says.
func (tb *tab) hear(event any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		tb.requests = append(tb.requests, event.Request.URL)
	case *runtime.EventConsoleAPICalled:
		tb.said = append(tb.said, fmt.Sprint(event.Type))
	case *runtime.EventExceptionThrown:
		tb.said = append(tb.said, event.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		tb.said = append(tb.said, event.Entry.Text)
	}
}

func (tb *tab) check(err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.Helper()
	tb.check(chromedp.Do(tb.ctx, steps...))
}

// press presses keys.
func (tb *tab) press(keys ...string) {
	tb.Helper()
	tb.do(chromedp.KeyEvent(strings.Join(keys, "")))
}

// search presses / and types a text. The page keeps the / from the field, which chromedp's own key presses do not notice.
func (tb *tab) search(text string) {
	tb.Helper()
	_, err := chromedp.Call(tb.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyDown", Key: "/", Code: "Slash", Text: "/"})
	tb.check(err)
	tb.press(text)
}

// value evaluates an expression of JavaScript in the page, and waits if that is a promise.
func value[T any](tb *tab, expression string) T {
	tb.Helper()
	got, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.Fatalf("%s: %v", expression, err)
	}
	return got
}

// want compares the value of an expression.
func want[T comparable](tb *tab, what, expression string, want T) {
	tb.Helper()
	if got := value[T](tb, expression); got != want {
		tb.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// print shows the page as a printer does, to a reader who prefers dark colours.
func (tb *tab) print() {
	tb.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}
	_, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: features})
	tb.check(err)
}

// prefer sets a preference of the reader's system, such as that for dark colours.
func (tb *tab) prefer(name, preferred string) {
	tb.Helper()
	_, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: name, Value: preferred}}})
	tb.check(err)
}

// keep stores a picture of the page in the folder SCREENSHOTS, if there is one.
func (tb *tab) keep(name string) {
	tb.Helper()
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		png, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
		tb.check(err)
		tb.check(os.WriteFile(folder+"/"+name+".png", png, 0o644))
	}
}
