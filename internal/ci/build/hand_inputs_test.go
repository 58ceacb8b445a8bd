package build

import (
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestHandInputsHasAllThatAHandWrittenJobSays sets each variable of an image and expects another hash, and the same hash for the
// variables that say how the image is built, tested or released.
func TestHandInputsHasAllThatAHandWrittenJobSays(t *testing.T) {
	t.Parallel()
	of := func(variables map[string]string) string {
		return handInputs(func(name string) string { return variables[name] })
	}
	without := of(nil)
	seen := map[string]string{without: "no variable"}
	for _, name := range []string{
		schema.VarDistributionName, schema.VarDistributionVersion, schema.VarDistributionPackages, schema.VarDistributionExec,
		schema.VarDistributionEntrypoint, schema.VarDistributionWorkingDir, schema.VarDistributionPlatform, schema.VarBaseImage,
		schema.VarUser, schema.VarEnv, schema.VarLabels, schema.VarContainerfile, schema.VarContext, schema.VarTarget, schema.VarArgs,
		schema.VarUsers, schema.VarContexts, schema.VarFolders, schema.VarSources, schema.VarSecrets,
	} {
		got := of(map[string]string{name: "value"})
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s give the hash %s, want two hashes", name, other, got)
		}
		seen[got] = name
	}
	for _, name := range []string{
		schema.VarDistributionTag, schema.VarRepoSuffix, schema.VarTests, schema.VarChecks, schema.VarRelease, schema.VarDependents,
		schema.VarBuildProxy, schema.VarLimits, schema.VarExpiresAfter, schema.VarForceRebuild, schema.VarBuildCache,
	} {
		if got := of(map[string]string{name: "value"}); got != without {
			t.Errorf("%s gives the hash %s, want %s as without it", name, got, without)
		}
	}
}

// TestHandInputsStay holds a hash of an earlier version: another one would warn of images that did not change.
func TestHandInputsStay(t *testing.T) {
	t.Parallel()
	known := append([]string{schema.VarUsers, schema.VarContexts, schema.VarFolders, schema.VarSources, schema.VarSecrets}, firstInputs...)
	got := handInputs(func(name string) string {
		if !slices.Contains(known, name) {
			return "" // a newer variable, which jobs of that version do not set
		}
		return strings.ToLower(name)
	})
	const want = "24ede31b82bf10dd2778b7af29c99562432d293a5b8b5600d8f738ff11788e7e"
	if got != want {
		t.Errorf("the hash is %s, want %s", got, want)
	}
}
