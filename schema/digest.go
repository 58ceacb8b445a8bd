package schema

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Digest is the SHA-256 digest of a manifest or blob; the zero Digest is none.
type Digest struct{ hex string }

const digestPrefix = "sha256:"

// ParseDigest reads "sha256:" and 64 hexadecimal digits in lower case.
func ParseDigest(text string) (Digest, error) {
	digits, ok := strings.CutPrefix(text, digestPrefix)
	if !ok || len(digits) != 64 || strings.Trim(digits, "0123456789abcdef") != "" {
		return Digest{}, fmt.Errorf("%.80q is not a digest: write sha256: and 64 hex digits", text)
	}
	return Digest{digits}, nil
}

// DigestOf returns the digest with the bytes of a SHA-256 hash.
func DigestOf(sum [32]byte) Digest { return Digest{hex.EncodeToString(sum[:])} }

// IsZero reports whether there is no digest.
func (d Digest) IsZero() bool { return d.hex == "" }

// MarshalText returns the same text as String.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a digest as ParseDigest does.
func (d *Digest) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDigest(string(text))
	return err
}

// Hex returns the 64 digits, or nothing for the zero Digest.
func (d Digest) Hex() string { return d.hex }

// String returns "sha256:…", or nothing for the zero Digest.
func (d Digest) String() string {
	if d.IsZero() {
		return ""
	}
	return digestPrefix + d.hex
}
