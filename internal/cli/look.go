package cli

import (
	"os"

	"golang.org/x/term"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Look returns what a stream can show: colours only on a terminal, and never with NO_COLOR or TERM=dumb, https://no-color.org; lines of any
// length unless it is a terminal.
func Look(stream any, getenv func(string) string) terminal.Look {
	look := terminal.Look{IsUTF8: terminal.IsUTF8(getenv)}
	if file, ok := stream.(*os.File); ok && IsTerminal(stream) {
		look.IsColoured = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			look.Width = width
		}
	}
	return look
}

// Height is the number of lines of a terminal; 0 if the stream is none.
func Height(stream any) int {
	if file, ok := stream.(*os.File); ok {
		if _, height, err := term.GetSize(int(file.Fd())); err == nil {
			return height
		}
	}
	return 0
}
