package fairy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
)

// Store copies between files and an object store that takes a token.
type Store struct {
	client *http.Client
	// token is sent with each request. No error contains it.
	token string
}

// NewStore returns a store that is reached over a transport, with a token.
func NewStore(transport http.RoundTripper, token string) Store {
	return Store{client: &http.Client{Transport: transport}, token: token}
}

// Copy copies a file to an address or the other way round.
func (s Store) Copy(ctx context.Context, from, to string) error {
	switch up, down := isAddress(to), isAddress(from); {
	case up && !down:
		return s.upload(ctx, from, to)
	case down && !up:
		return s.download(ctx, from, to)
	default:
		return errors.New("one of the two is a file, and the other an address that begins with https://")
	}
}

func isAddress(text string) bool {
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")
}

func (s Store) upload(ctx context.Context, file, address string) error {
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	defer content.Close()
	info, err := content.Stat()
	if err != nil {
		return err
	}
	if strings.HasSuffix(address, "/") {
		address += info.Name()
	}
	request, err := http.NewRequestWithContext(network.ForUpload(ctx), http.MethodPut, address, content)
	if err != nil {
		return fmt.Errorf("%q is not an address", address)
	}
	request.ContentLength = info.Size()
	response, err := s.do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func (s Store) download(ctx context.Context, address, file string) (err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("%q is not an address", address)
	}
	response, err := s.do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := os.Create(file + ".part")
	if err != nil {
		return err
	}
	_, err = io.Copy(content, response.Body)
	if closed := content.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(content.Name()) // what is there is not the file
		return fmt.Errorf("download %s: %w", address, err)
	}
	return os.Rename(content.Name(), file)
}

func (s Store) do(request *http.Request) (*http.Response, error) {
	request.Header.Set("Authorization", "Bearer "+s.token)
	response, err := s.client.Do(request)
	var failure *network.Failure
	var failed *url.Error
	switch {
	case errors.As(err, &failure):
		return nil, failure
	case errors.As(err, &failed):
		return nil, fmt.Errorf("reach %s: %w", request.URL.Host, failed.Err)
	case err != nil:
		return nil, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		_ = response.Body.Close()
		return nil, fmt.Errorf("%s answered %s", request.URL.Host, response.Status)
	}
	return response, nil
}
