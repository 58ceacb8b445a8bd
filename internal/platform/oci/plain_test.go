package oci_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// detour leads every address to one place for TLS, and to another for plain HTTP.
func detour(secure, plain string) *http.Transport {
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	return &http.Transport{
		DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, secure)
		},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, plain)
		},
	}
}

// TestOnlyListedRegistriesGetCredentialsOverPlainHTTP asks a registry that speaks nothing else. The library would ask it at private
// addresses.
func TestOnlyListedRegistriesGetCredentialsOverPlainHTTP(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		host     string
		insecure []string
		isAsked  bool
	}{
		"10.0.0.0/8":             {"10.1.2.3:5000", nil, false},
		"172.16.0.0/12":          {"172.16.0.9:5000", nil, false},
		"192.168.0.0/16":         {"192.168.1.1:5000", nil, false},
		"a name below localhost": {"registry.localhost:5000", nil, false},
		"a public name":          {"registry.example.com:5000", nil, false},
		"another one is listed":  {"10.1.2.3:5000", []string{"10.1.2.4:5000", "10.1.2.3:5001"}, false},
		"it is listed":           {"10.1.2.3:5000", []string{"10.1.2.3:5000"}, true},
		"its host is listed":     {"192.168.1.1:5000", []string{"192.168.1.1"}, true},
		"loopback":               {"127.0.0.2:5000", nil, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := ocitest.New(t)
			push(t, registry.Host+"/a/b:1")
			registry.Protect(ocitest.Guard{Username: "ann", Password: "s3cret"})
			registry.Requests()
			client, err := oci.NewClient(oci.Config{
				Backoff: time.Millisecond, Insecure: test.insecure, Transport: detour(registry.Host, registry.Host),
				Credentials: map[string]oci.Credentials{test.host: {Username: "ann", Password: "s3cret"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Look(t.Context(), reference(t, test.host+"/a/b:1"), "")
			if test.isAsked && err != nil {
				t.Error(err)
			}
			want := test.host + " speaks plain HTTP: if that is right, name it in " + schema.VarInsecureRegistries
			if !test.isAsked && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("got %v, want %s", err, want)
			}
			if requests := registry.Requests(); len(requests) > 0 != test.isAsked {
				t.Errorf("it was asked %v", requests)
			}
		})
	}
}

// TestSilenceIsNoReasonForPlainHTTP has a registry whose TLS does not answer.
func TestSilenceIsNoReasonForPlainHTTP(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	registry := ocitest.New(t)
	client, err := oci.NewClient(oci.Config{Backoff: time.Millisecond, Timeouts: shortly, Transport: detour(silent.Addr().String(), registry.Host)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Look(t.Context(), reference(t, "10.1.2.3:443/a/b:1"), "")
	if err == nil || strings.Contains(err.Error(), "plain HTTP") {
		t.Errorf("got %v, want that it does not answer", err)
	}
	if requests := registry.Requests(); len(requests) > 0 {
		t.Errorf("it was asked %v", requests)
	}
}
