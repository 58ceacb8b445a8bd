package store

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// handler implements the part of https://github.com/opencontainers/distribution-spec that looks up, pushes and pulls images. A repository's
// name begins with the registry that the store replaces.
type handler struct {
	store *Store

	mu      sync.Mutex
	uploads map[string]*upload
}

// maxManifest is how many bytes a manifest may have.
const maxManifest = 4 << 20

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	path, ok := strings.CutPrefix(request.URL.Path, "/v2/")
	switch {
	case !ok:
		refuse(w, http.StatusNotFound, "UNSUPPORTED", "there is nothing here")
	case path == "":
		w.WriteHeader(http.StatusOK)
	default:
		h.route(w, request, path)
	}
}

// route calls the handler for the last part of a path.
func (h *handler) route(w http.ResponseWriter, request *http.Request, path string) {
	for _, kind := range []string{"/blobs/uploads/", "/blobs/", "/manifests/"} {
		at := strings.LastIndex(path, kind)
		if at < 0 || strings.Contains(path[at+len(kind):], "/") {
			continue // it is in the repository's name
		}
		repository, last := path[:at], path[at+len(kind):]
		switch kind {
		case "/blobs/uploads/":
			h.upload(w, request, repository, last)
		case "/blobs/":
			h.blob(w, request, last)
		default:
			h.manifest(w, request, repository, last)
		}
		return
	}
	refuse(w, http.StatusNotFound, "UNSUPPORTED", "there is nothing here")
}

func (h *handler) blob(w http.ResponseWriter, request *http.Request, last string) {
	digest, err := oci.ParseDigest(last)
	if err != nil || !h.store.has(digest) {
		refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", "it is not there")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Docker-Content-Digest", digest.String())
	http.ServeFile(w, request, h.store.blobFile(digest))
}

func (h *handler) manifest(w http.ResponseWriter, request *http.Request, repository, last string) {
	var tag schema.Tag
	digest, err := oci.ParseDigest(last)
	if err != nil {
		tag, err = schema.ParseTag(last)
	}
	if err != nil || !isRepository(repository) {
		refuse(w, http.StatusBadRequest, "NAME_INVALID", "it is no name of an image")
		return
	}
	switch request.Method {
	case http.MethodPut:
		h.putManifest(w, request, repository, tag)
	case http.MethodGet, http.MethodHead:
		if !tag.IsZero() {
			digest, err = h.store.resolve(repository, tag)
		}
		content, m, missing := h.store.readManifest(digest)
		if err != nil || missing != nil {
			refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "it is not there")
			return
		}
		w.Header().Set("Content-Type", m.mediaType())
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Header().Set("Docker-Content-Digest", digest.String())
		if request.Method == http.MethodGet {
			_, _ = w.Write(content) //nolint:gosec // no browser reads it
		}
	default:
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "tags are not deleted here")
	}
}

// isRepository reports whether a repository is a path below the store and no other.
func isRepository(repository string) bool {
	return fs.ValidPath(repository) && !slices.Contains(strings.Split(repository, "/"), own)
}

func (h *handler) putManifest(w http.ResponseWriter, request *http.Request, repository string, tag schema.Tag) {
	content, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxManifest))
	if err != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", err.Error())
		return
	}
	digest, err := h.store.putManifest(repository, tag, content)
	if err != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", err.Error())
		return
	}
	w.Header().Set("Docker-Content-Digest", digest.String())
	w.WriteHeader(http.StatusCreated)
}

// upload begins, continues or ends an upload. All repositories share their blobs, so no client sends a blob that the store has.
func (h *handler) upload(w http.ResponseWriter, request *http.Request, repository, id string) {
	switch request.Method {
	case http.MethodPost:
		if digest, err := oci.ParseDigest(request.URL.Query().Get("mount")); err == nil && h.store.has(digest) {
			w.WriteHeader(http.StatusCreated)
			return
		}
		u, err := h.store.newUpload()
		if err != nil {
			refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
			return
		}
		h.keep(u)
		accept(w, repository, u)
	case http.MethodPatch, http.MethodPut:
		u := h.take(id)
		if u == nil {
			refuse(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "no such upload has begun")
			return
		}
		h.goOn(w, request, repository, u)
	default:
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "uploads are not asked after here")
	}
}

func (h *handler) goOn(w http.ResponseWriter, request *http.Request, repository string, u *upload) {
	if err := u.add(request.Body); err != nil {
		u.drop()
		refuse(w, http.StatusInternalServerError, "BLOB_UPLOAD_INVALID", err.Error())
		return
	}
	if request.Method == http.MethodPatch {
		h.keep(u)
		accept(w, repository, u)
		return
	}
	digest, err := oci.ParseDigest(request.URL.Query().Get("digest"))
	if err == nil {
		err = h.store.finish(u, digest)
	}
	if err != nil {
		u.drop()
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", err.Error())
		return
	}
	w.Header().Set("Docker-Content-Digest", digest.String())
	w.WriteHeader(http.StatusCreated)
}

// accept answers with the address of an upload, without a host: jobs and buildah use different names of the store.
func accept(w http.ResponseWriter, repository string, u *upload) {
	w.Header().Set("Location", "/v2/"+repository+"/blobs/uploads/"+idOf(u))
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(u.size()-1, 0)))
	w.WriteHeader(http.StatusAccepted)
}

func idOf(u *upload) string {
	return u.file.Name()[strings.LastIndexByte(u.file.Name(), os.PathSeparator)+1:]
}

func (h *handler) keep(u *upload) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uploads[idOf(u)] = u
}

func (h *handler) take(id string) *upload {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.uploads[id]
	delete(h.uploads, id)
	return u
}

// dropAll removes the uploads that have not ended.
func (h *handler) dropAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, u := range h.uploads {
		u.drop()
		delete(h.uploads, id)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
}
