//go:build chaos

package chaos_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// bridge is the part of GitLab's API about the registry: it answers for the tags that the registry really has.
type bridge struct{ *world }

// ServeHTTP implements http.Handler.
func (b bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	images := []string{"base", "child"}
	_, rest, _ := strings.Cut(r.URL.Path, "/registry/repositories")
	parts := strings.Split(strings.Trim(rest, "/"), "/")
	switch {
	case r.Header.Get("Private-Token") != b.settings["GITLAB_TOKEN"]:
		w.WriteHeader(http.StatusUnauthorized)
	case rest == "" || rest == "/":
		var out []map[string]any
		for i, image := range images {
			out = append(out, map[string]any{"id": i + 1, "name": image, "path": b.name + "/project/" + image})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	case r.Method == http.MethodDelete && len(parts) == 3:
		id, err := strconv.Atoi(parts[0])
		if err != nil || id < 1 || id > len(images) || digestOf(b.name+"/project/"+images[id-1], parts[2]) == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		b.logf("GitLab deletes %s:%s", images[id-1], parts[2])
		if err := forget(b.name+"/project/"+images[id-1], parts[2]); err != nil {
			b.Error(err)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
