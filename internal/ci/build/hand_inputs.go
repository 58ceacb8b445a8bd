package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"

	"gitlab.com/stemma-ci/stemma/schema"
)

// firstInputs are the variables of the first version, in its order. Those that are not set are hashed too.
var firstInputs = []string{
	schema.VarDistributionName, schema.VarDistributionVersion, schema.VarDistributionPackages, schema.VarDistributionExec,
	schema.VarDistributionEntrypoint, schema.VarDistributionWorkingDir, schema.VarDistributionPlatform, schema.VarBaseImage,
	schema.VarUser, schema.VarEnv, schema.VarLabels, schema.VarContainerfile, schema.VarContext, schema.VarTarget, schema.VarArgs,
}

// handInputs is the hash of a hand-written job's variables about the image. By it a later job sees that the image would change although its
// tag has not. It does not cover the files that the job's snippet reads.
func handInputs(getenv func(string) string) string {
	values := make([]string, len(firstInputs))
	for i, name := range firstInputs {
		values[i] = getenv(name)
	}
	later := []string{schema.VarUsers, schema.VarContexts, schema.VarFolders, schema.VarSources, schema.VarSecrets, schema.VarDistributions}
	for _, f := range schema.Leaves(reflect.TypeFor[schema.Config]()) {
		if f.Hash == "yes" && !slices.Contains(firstInputs, f.Variable) {
			later = append(later, f.Variable)
		}
	}
	for _, name := range later { // left out if they are not set, so that a new variable changes no hash
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
