package containerfile

import (
	"maps"
	"slices"
	"strings"
)

// environment are the values that a word is expanded with.
type environment map[string]string

// Get implements shell.EnvGetter.
func (e environment) Get(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// Keys implements shell.EnvGetter.
func (e environment) Keys() []string { return slices.Sorted(maps.Keys(e)) }

// platformArguments are the arguments that every builder sets; their values depend on the machine that builds, so a
// reference that holds one is not known before.
func platformArguments() environment {
	return environment{
		"BUILDPLATFORM": "$BUILDPLATFORM", "BUILDOS": "$BUILDOS", "BUILDARCH": "$BUILDARCH", "BUILDVARIANT": "$BUILDVARIANT",
		"TARGETPLATFORM": "$TARGETPLATFORM", "TARGETOS": "$TARGETOS", "TARGETARCH": "$TARGETARCH", "TARGETVARIANT": "$TARGETVARIANT",
	}
}

// predefined are the names that a builder takes without an ARG line.
func predefined() []string {
	names := slices.Sorted(maps.Keys(platformArguments()))
	for _, proxy := range []string{"ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"} {
		names = append(names, proxy, strings.ToLower(proxy))
	}
	return append(names, "SOURCE_DATE_EPOCH")
}
