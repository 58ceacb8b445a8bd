package buildah

import (
	"cmp"
	"context"
	"os"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/process"
)

// rootHome is the home of root in images.
const rootHome = "/root"

// Home returns the value of HOME for the snippet and for the finished image. It is the job's own HOME, as with ci-templates, so that
// containers find what the snippet installed there. A user who builds without being root is root inside the image, so HOME is /root then.
func Home(environ []string) string { return homeFor(process.Value(environ, "HOME"), os.Geteuid()) }

func homeFor(home string, uid int) string {
	if uid != 0 {
		return rootHome
	}
	return cmp.Or(home, rootHome)
}

// home returns the HOME to set in an image. It is empty if containers start as another user than root.
func (b *Builder) home(ctx context.Context, container string, image Image) (string, error) {
	if image.Home == "" {
		return "", nil
	}
	user := image.User
	if user == "" {
		var err error
		if user, err = b.output(ctx, "inspect", "--type", "container", "--format", "{{.OCIv1.Config.User}}", container); err != nil {
			return "", err
		}
	}
	if !isRoot(user) {
		return "", nil
	}
	return image.Home, nil
}

// isRoot reports whether a user of an image, "name", "1000" or "1000:1000", is root.
func isRoot(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "root" || name == "0"
}
