package gitlabtest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Note is a comment of a merge request.
type Note struct {
	Author, Body string
	// Commands are the quick actions in the texts that it was given, which GitLab carried out and removed.
	Commands []string
}

type note struct {
	ID     int64          `json:"id"`
	Body   string         `json:"body"`
	Author map[string]any `json:"author"`
	System bool           `json:"system"`

	user     string
	commands []string
}

// maxNote is the longest text of a comment, in characters: https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics.
const maxNote = 1_000_000

// AddMergeRequest opens a merge request of a branch of a project and returns its number.
func (s *Server) AddMergeRequest(path, source string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(path)
	m := &mergeRequest{IID: len(p.mergeRequests) + 1, State: "opened", Source: source}
	p.mergeRequests = append(p.mergeRequests, m)
	return int64(m.IID)
}

// AddNote adds a comment of a user, or of GitLab itself if the user is empty, and returns its id.
func (s *Server) AddNote(path string, mergeRequest int64, user, body string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(path).mergeRequests[mergeRequest-1]
	n := s.newNote(user, body)
	n.System = user == ""
	m.notes = append(m.notes, n)
	return n.ID
}

// Notes returns the comments of a merge request, the oldest first.
func (s *Server) Notes(path string, mergeRequest int64) []Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Note
	for _, n := range s.find(path).mergeRequests[mergeRequest-1].notes {
		out = append(out, Note{n.user, n.Body, n.commands})
	}
	return out
}

// DeleteNotes deletes the comments of a merge request.
func (s *Server) DeleteNotes(path string, mergeRequest int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.find(path).mergeRequests[mergeRequest-1].notes = nil
}

func (s *Server) newNote(user, body string) *note {
	n := &note{ID: s.nextID(), user: user, Author: s.userOf(user)}
	n.write(body)
	return n
}

// userOf is a user as GitLab describes it. The id follows from the name.
func (s *Server) userOf(user string) map[string]any {
	if s.users == nil {
		s.users = map[string]int64{}
	}
	if s.users[user] == 0 {
		s.users[user] = s.nextID()
	}
	return map[string]any{"id": s.users[user], "username": user}
}

var (
	codeBlock   = regexp.MustCompile("(?ms)^```.*?^```$")
	quickAction = regexp.MustCompile(`(?m)^/[a-z_]+\b.*\n?`)
)

// write sets the text. Lines that begin with a slash are commands, except in blocks of code.
func (n *note) write(body string) {
	var hidden []string
	body = codeBlock.ReplaceAllStringFunc(body, func(block string) string {
		hidden = append(hidden, block)
		return "\x00"
	})
	for _, command := range quickAction.FindAllString(body, -1) {
		n.commands = append(n.commands, strings.TrimSpace(command))
	}
	body = quickAction.ReplaceAllString(body, "")
	for _, block := range hidden {
		body = strings.Replace(body, "\x00", block, 1)
	}
	n.Body = body
}

func getUser(c *call) {
	if c.asker == nil {
		c.message(http.StatusUnauthorized, "401 Unauthorized")
		return
	}
	c.answer(http.StatusOK, c.userOf(c.asker.user))
}

func listNotes(c *call) {
	if m := c.mergeRequest(); m != nil {
		notes := slices.Clone(m.notes)
		if c.query("sort") != "asc" {
			slices.Reverse(notes)
		}
		page(c, notes)
	}
}

func createNote(c *call) {
	m := c.mergeRequest()
	if m == nil {
		return
	}
	body, ok := c.noteBody()
	if !ok {
		return
	}
	n := c.newNote(c.asker.user, body)
	m.notes = append(m.notes, n)
	c.answer(http.StatusCreated, n)
}

func updateNote(c *call) {
	if m := c.mergeRequest(); m != nil {
		i := c.note(m)
		if i < 0 {
			return
		}
		if body, ok := c.noteBody(); ok {
			m.notes[i].write(body)
			c.answer(http.StatusOK, m.notes[i])
		}
	}
}

func deleteNote(c *call) {
	if m := c.mergeRequest(); m != nil {
		if i := c.note(m); i >= 0 {
			m.notes = slices.Delete(m.notes, i, i+1)
			c.w.WriteHeader(http.StatusNoContent)
		}
	}
}

// note returns the index of the comment that the path names; negative if there is none that the asker may change, which has been answered.
func (c *call) note(m *mergeRequest) int {
	i := slices.IndexFunc(m.notes, func(n *note) bool { return c.is("note", n.ID) })
	switch {
	case i < 0:
		c.notFound("Note")
	case m.notes[i].user != c.asker.user && c.project.role(c.asker) < Maintainer:
		c.message(http.StatusForbidden, "403 Forbidden")
		return -1
	}
	return i
}

// noteBody reads the text of a comment; false if it is refused, which has been answered.
func (c *call) noteBody() (string, bool) {
	var body struct{ Body string }
	err := json.NewDecoder(c.request.Body).Decode(&body)
	switch {
	case err != nil || body.Body == "":
		c.answer(http.StatusBadRequest, map[string]string{"error": "body is missing"})
	case utf8.RuneCountInString(body.Body) > maxNote:
		c.answer(http.StatusBadRequest, map[string]any{"message": map[string]any{"note": []string{"is too long (maximum is 1000000 characters)"}}})
	default:
		return body.Body, true
	}
	return "", false
}
