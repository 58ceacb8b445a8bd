package packages

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
)

// readXBPS reads the database of XBPS: a property list with a dictionary for each package, by its name,
// https://github.com/void-linux/xbps/blob/master/include/xbps.h.in. The packages are those of `xbps-query -l`.
func readXBPS(_ context.Context, files []rootfs.File) ([]Package, error) {
	var packages []Package
	for _, file := range files {
		err := dictionaries(xml.NewDecoder(bytes.NewReader(file.Content)), func(name string, values map[string]string) {
			if version, ok := strings.CutPrefix(values["pkgver"], name+"-"); ok {
				packages = append(packages, Package{Name: name, Version: version, Architecture: values["architecture"]})
			}
		})
		if err != nil {
			return nil, fmt.Errorf("it is damaged: %w", err)
		}
	}
	return packages, nil
}

// dictionaries calls a function with the name and the texts of each dictionary in the outermost one.
func dictionaries(decoder *xml.Decoder, found func(name string, values map[string]string)) error {
	depth, name, key, values := 0, "", "", map[string]string{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		start, isStart := token.(xml.StartElement)
		end, isEnd := token.(xml.EndElement)
		switch {
		case isStart && start.Name.Local == "dict":
			depth++
		case isEnd && end.Name.Local == "dict":
			if depth--; depth == 1 {
				found(name, values)
				values = map[string]string{}
			}
		case isStart && (start.Name.Local == "key" || start.Name.Local == "string"):
			var text string
			if err := decoder.DecodeElement(&text, &start); err != nil {
				return err
			}
			switch {
			case start.Name.Local == "key" && depth == 1:
				name = text
			case start.Name.Local == "key" && depth == 2:
				key = text
			case depth == 2:
				values[key] = text
			}
		}
	}
}
