package buildah

import (
	"context"
	"fmt"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// userName matches the names of users that can be created; "0" and "app:app" name users that exist.
var userName = pattern.Lazy(`^[a-z_][a-z0-9_-]*$`)

// createUser creates a user that the image does not have. With a number, the user and its group get that number. Without one, the user is
// created after the exec snippet, which may create it in its own way.
func (b *Builder) createUser(ctx context.Context, container, name, number string) error {
	if !userName().MatchString(name) {
		return nil
	}
	const script = `if known=$(id -u "$1" 2>/dev/null); then
	if [ -z "$2" ] || [ "$known" = "$2" ]; then exit 0; fi
	echo "the image has the user $1 with the number $known already" >&2
	exit 1
fi
if [ -z "$2" ]; then
	if command -v useradd >/dev/null; then useradd --create-home "$1"; else adduser -D "$1"; fi
elif command -v useradd >/dev/null; then
	groupadd --non-unique --gid "$2" "$1"
	useradd --non-unique --no-log-init --create-home --uid "$2" --gid "$2" "$1"
else
	addgroup -g "$2" "$1"
	adduser -D -u "$2" -G "$1" "$1"
fi`
	if _, err := b.watchInside(ctx, inside{container: container, flags: asRoot(nil), program: shellScript(script, name, number)}); err != nil {
		return fmt.Errorf("create the user %s: %w", name, err)
	}
	return nil
}
