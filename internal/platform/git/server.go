package git

import (
	"context"
	"net/url"
	"strings"
)

// Server returns the address of the server of a remote. It is empty where there is no such remote, or where it is a folder.
func (r Repository) Server(ctx context.Context, remote string) string {
	address, err := r.Line(ctx, "remote", "get-url", "--", remote)
	if err != nil {
		return ""
	}
	return serverOf(address)
}

// serverOf returns the address of the server of a remote, "git@gitlab.example.org:group/project.git" or a URL. It is empty for a folder.
func serverOf(remote string) string {
	if parsed, err := url.Parse(remote); err == nil && parsed.Hostname() != "" {
		if parsed.Scheme == "http" || parsed.Scheme == "https" {
			return parsed.Scheme + "://" + parsed.Host
		}
		return "https://" + parsed.Hostname()
	}
	host, path, isRemote := strings.Cut(remote, ":")
	if _, after, hasUser := strings.Cut(host, "@"); hasUser {
		host = after
	}
	if !isRemote || strings.Contains(host, "/") || strings.HasPrefix(path, "//") {
		return ""
	}
	return "https://" + host
}
