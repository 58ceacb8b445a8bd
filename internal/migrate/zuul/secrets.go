package zuul

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// The variables that hold credentials, of one registry and of several.
const (
	varDockerCredentials    = "docker_credentials"
	varContainerCredentials = "container_registry_credentials"
)

// secretOf finds the secret that entries are pushed to a registry with: its name, its content, and where a job names it, or else
// where it lists the image. No value of a secret is ever read but the pattern of its repositories.
func (c *conversion) secretOf(entries []entry, registry string) (name string, data *node, at diagnostic.Span) {
	for _, e := range entries {
		name, data, at := c.secretData(e.run, e.credentials)
		if at.Line == 0 {
			continue
		}
		if e.credentials == varContainerCredentials {
			data = data.get(registry)
		}
		return name, data, at
	}
	return registry, nil, entries[0].at
}

// secretData is what a variable with credentials holds, and where a job says so.
func (c *conversion) secretData(r *run, name string) (secret string, data *node, at diagnostic.Span) {
	for _, use := range r.union("secrets") {
		secret, variable := use.printed(), use.printed()
		if use.kind == mapping {
			secret, variable = use.get("secret").printed(), use.get("name").printed()
		}
		if variable == name {
			return secret, c.secrets[secret].get("data"), use.at
		}
	}
	if n := r.vars[name]; n != nil {
		return name, n, n.at
	}
	return "", nil, diagnostic.Span{}
}

// limits reports what credentials say besides a user and a password.
func (c *conversion) limits(data *node, registry string) {
	if data == nil {
		return
	}
	for _, f := range data.fields {
		switch f.key {
		case "repository":
			if f.value.tag != "" {
				continue
			}
			c.report.Look(f.at, registry, "Zuul lets these credentials push only to %s; give the CI variables an account that can push nowhere else", diagnostic.Quote(f.value.printed()))
		case "api_token", "api_url", "type":
			c.report.Missing(f.at, f.key, "it serves to remove tags, and nothing is pushed under a name for the time being")
		}
	}
}
