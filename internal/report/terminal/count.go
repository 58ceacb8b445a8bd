package terminal

import "fmt"

// Count is a number of things with their name, "1 image" or "2 images".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
