package build

import (
	"context"
	"fmt"
	"regexp"
)

// userName matches the names that can be created; "0" or "app:app" say what is there already.
var userName = regexp.MustCompile(`^[a-z_][a-z0-9_-]*$`)

// createUser creates a user that the image does not know. It comes after the exec snippet, which may create it in its own
// way.
func (b *Builder) createUser(ctx context.Context, container, name string) error {
	if !userName.MatchString(name) {
		return nil
	}
	const script = `if id "$1" >/dev/null 2>&1; then exit 0; fi
if command -v useradd >/dev/null; then useradd --create-home "$1"; else adduser -D "$1"; fi`
	if err := b.run(ctx, "run", "--user", "0", container, "--", "/bin/sh", "-e", "-c", script, "stemma", name); err != nil {
		return fmt.Errorf("create the user %s: %w", name, err)
	}
	return nil
}
