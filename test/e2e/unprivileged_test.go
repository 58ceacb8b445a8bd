//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestUnprivilegedBuild builds as a user without rights: with chroot isolation and vfs, from a job written by hand, which
// reuses by the tag alone.
func TestUnprivilegedBuild(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	p := newProject(t, r, "group/project", map[string]string{"ci.sh": "echo \"$SECRET\" | wc -c > /length\n"})
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "script")
	home := unprivilegedHome(t)
	run(t, ".", "chmod", "a+rx", filepath.Dir(filepath.Dir(p.dir)), filepath.Dir(p.dir))
	head := strings.TrimSpace(run(t, p.dir, "git", "rev-parse", "HEAD"))
	run(t, ".", "chown", "-R", home.name, p.dir)
	build := func() string {
		command := exec.Command("stemma", "job", "build")
		command.Dir = home.dir
		command.SysProcAttr = &syscall.SysProcAttr{Credential: home.credential}
		command.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + home.dir, "TMPDIR=" + home.dir, "STORAGE_DRIVER=vfs", "BUILDAH_ISOLATION=chroot",
			"CI_REGISTRY=" + r.Host, "CI_REGISTRY_IMAGE=" + r.Host + "/group/project", "CI_PROJECT_PATH=group/project",
			"CI_REPOSITORY_URL=file://" + p.dir, "CI_COMMIT_SHA=" + head,
			"SECRET=hunter2", schema.VarBaseImage + "=" + r.Host + "/lib/tiny:1", schema.VarRepoSuffix + "=hand",
			schema.VarDistributionTag + "=v1", schema.VarDistributionExec + "=sh ci.sh",
		}
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	build()
	image := r.image(t, "group/project/hand:v1")
	if !strings.Contains(build(), "Reuse") {
		t.Error("the second job built again")
	}
	config, err := image.RawConfigFile()
	if err != nil || strings.Contains(string(config), "hunter2") {
		t.Errorf("the configuration holds the secret (%v): %s", err, config)
	}
	if len(layers(t, image)) != 2 {
		t.Errorf("layers: %v", layers(t, image))
	}
}

type unprivileged struct {
	name, dir  string
	credential *syscall.Credential
}

// unprivilegedHome makes a user that may use user namespaces, and a home.
func unprivilegedHome(t *testing.T) unprivileged {
	t.Helper()
	const name = "stemma-e2e"
	if _, err := user.Lookup(name); err != nil {
		run(t, ".", "useradd", "--create-home", name)
	}
	account, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return unprivileged{name, account.HomeDir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
