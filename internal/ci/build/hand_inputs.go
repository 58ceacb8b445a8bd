package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"gitlab.com/stemma-ci/stemma/schema"
)

// handInputs is the hash of a hand-written job's variables about the image, so that a later job can tell that this has
// changed and the tag has not. What its snippet reads is not known here.
func handInputs(getenv func(string) string) string {
	names := []string{
		schema.VarDistributionName, schema.VarDistributionVersion, schema.VarDistributionPackages, schema.VarDistributionExec,
		schema.VarDistributionEntrypoint, schema.VarDistributionWorkingDir, schema.VarDistributionPlatform, schema.VarBaseImage,
		schema.VarUser, schema.VarEnv, schema.VarLabels, schema.VarContainerfile, schema.VarContext, schema.VarTarget, schema.VarArgs,
	}
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = getenv(name)
	}
	for _, name := range []string{schema.VarUsers, schema.VarContexts, schema.VarFolders, schema.VarSources, schema.VarSecrets} { // what came later, left out where it is not set
		if value := getenv(name); value != "" {
			values = append(values, name+"="+value)
		}
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		return "" // unreachable: only text is encoded
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}
