package oci

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
)

// mountCounter counts which mounts of layers from another repository a registry allowed.
type mountCounter struct {
	base              http.RoundTripper
	mounted, streamed atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (m *mountCounter) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := m.base.RoundTrip(request)
	if err == nil && request.Method == http.MethodPost {
		switch response.StatusCode {
		case http.StatusCreated:
			m.mounted.Add(1)
		case http.StatusAccepted:
			m.streamed.Add(1)
		}
	}
	return response, err
}

func (m *mountCounter) report(log io.Writer) {
	mounted, streamed := m.mounted.Load(), m.streamed.Load()
	if mounted+streamed == 0 {
		fmt.Fprintln(log, "The target has all layers already.")
		return
	}
	fmt.Fprintf(log, "%d layers and configurations were mounted by the registry, %d were streamed.\n", mounted, streamed)
}
