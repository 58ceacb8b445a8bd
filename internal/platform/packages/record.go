package packages

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// The limits of a record. A list of 4,000 packages has 300 kB of JSON, and 64 KiB as a record. With more, the manifest of an image would have
// the size of a layer, and each job that looks at the image reads the manifest.
const (
	maxRecord = 64 << 10
	maxJSON   = 1 << 20
	// maxText is for each name and version, in bytes. maxSameName is how many packages of a format may have the same name.
	maxText     = 256
	maxSameName = 100
)

// Record returns the databases of a listing as a text that is kept with the image: JSON, compressed with gzip, in base64. It fails for a
// listing that ParseRecord would not accept, and if packages are unknown.
func (l Listing) Record() (string, error) {
	if err := l.recordable(); err != nil {
		return "", err
	}
	encoded, err := json.Marshal(l.Databases)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	base := base64.NewEncoder(base64.StdEncoding, &text)
	compressed := gzip.NewWriter(base)
	_, err = compressed.Write(encoded)
	if err = errors.Join(err, compressed.Close(), base.Close()); err != nil {
		return "", err
	}
	if text.Len() > maxRecord || len(encoded) > maxJSON {
		return "", fmt.Errorf("the list has more than %d KiB, which is the limit", maxRecord>>10)
	}
	return text.String(), nil
}

// ParseRecord returns the listing of a record, without the image. Everyone who can push an image can write its record, so the limits apply
// here, too, and a record that is damaged in any way is an error.
func ParseRecord(text string) (Listing, error) {
	listing, err := parseRecord(text)
	if err != nil {
		return Listing{}, fmt.Errorf("read the recorded list of packages: %w", err)
	}
	return listing, nil
}

func parseRecord(text string) (Listing, error) {
	if len(text) > maxRecord {
		return Listing{}, errors.New("it is too long")
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return Listing{}, err
	}
	compressed, err := gzip.NewReader(bytes.NewReader(decoded))
	if err != nil {
		return Listing{}, err
	}
	content, err := io.ReadAll(io.LimitReader(compressed, maxJSON+1))
	if err != nil {
		return Listing{}, err
	}
	if len(content) > maxJSON {
		return Listing{}, errors.New("its content is too long")
	}
	var listing Listing
	if err := json.Unmarshal(content, &listing.Databases); err != nil {
		return Listing{}, err
	}
	return listing, listing.recordable()
}

// recordable fails if packages are unknown, or if no package manager has such a list.
func (l Listing) recordable() error {
	if err := l.Unknown(); err != nil {
		return err
	}
	times := map[name]int{}
	for _, database := range l.Databases {
		for _, p := range database.Packages {
			at := name{database.Format, p.Name}
			if times[at]++; times[at] > maxSameName {
				return fmt.Errorf("more than %d packages have the name %q", maxSameName, p.Name)
			}
			if p.Name == "" || !areShown(p.Name, p.Version, p.Architecture, p.State) {
				return fmt.Errorf("no package has the name %.40q and the version %.40q", p.Name, p.Version)
			}
		}
		if !areShown(database.Format, database.Path) {
			return fmt.Errorf("no database has the path %.40q", database.Path)
		}
	}
	return nil
}

// areShown reports whether texts are short and have only characters that can be seen.
func areShown(texts ...string) bool {
	for _, text := range texts {
		if len(text) > maxText || terminal.Line(text) != text {
			return false
		}
	}
	return true
}
