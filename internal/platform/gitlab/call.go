package gitlab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// call is a request to the API.
type call struct {
	// method is GET unless set.
	method string
	// path has the segments of the path; at escapes them.
	path  []any
	query map[string]string
	// body is sent as JSON; nil sends none.
	body any
	// isAnonymous says that the token is not sent in the header.
	isAnonymous bool
}

// ask returns the value in GitLab's answer to a call.
func ask[T any](ctx context.Context, c *Client, call call) (T, error) {
	var answer, none T
	if _, err := c.send(ctx, call, &answer); err != nil {
		return none, err
	}
	return answer, nil
}

// limit is how many pages of a list are read at most; a page has a hundred entries.
const limit = 50

// pages reads a list to its end: https://docs.gitlab.com/api/rest/#pagination.
func pages[T any](ctx context.Context, c *Client, call call) ([]T, error) {
	var out []T
	query := map[string]string{"per_page": "100"}
	maps.Copy(query, call.query)
	call.query = query
	for page := 1; page != 0 && page <= limit; {
		query["page"] = strconv.Itoa(page)
		var some []T
		header, err := c.send(ctx, call, &some)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
		page, _ = strconv.Atoi(header.Get("X-Next-Page")) // which is empty on the last page
	}
	return out, nil
}

// send sends a call and decodes the answer into a value, unless that is nil.
func (c *Client) send(ctx context.Context, call call, into any) (http.Header, error) {
	request, err := c.request(ctx, call)
	if err != nil {
		return nil, err
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if into == nil {
		return response.Header, nil
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		// There was an answer all the same, so what was asked for may have happened.
		return nil, &Error{Message: "its answer is not what the API's documentation says", Lost: true}
	}
	return response.Header, nil
}

// request makes the HTTP request of a call.
func (c *Client) request(ctx context.Context, call call) (*http.Request, error) {
	body := []byte(nil)
	if call.body != nil {
		var err error
		if body, err = json.Marshal(call.body); err != nil {
			return nil, fmt.Errorf("encode a request to GitLab: %w", err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, call.method, c.address+at(call.path), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("a request to GitLab has no valid address") // which the error quotes
	}
	query := url.Values{}
	for name, value := range call.query {
		if value != "" {
			query.Set(name, value)
		}
	}
	request.URL.RawQuery = query.Encode()
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "stemma")
	if call.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if name := c.token.header(); name != "" && !call.isAnonymous {
		request.Header.Set(name, c.token.secret)
	}
	return request, nil
}

// at joins the segments of a path. GitLab takes a project's path as one segment, and a dot in it may look like the extension of a file:
// https://docs.gitlab.com/api/rest/#namespaced-paths.
func at(segments []any) string {
	var path strings.Builder
	for _, segment := range segments {
		path.WriteString("/" + strings.ReplaceAll(url.PathEscape(fmt.Sprint(segment)), ".", "%2E"))
	}
	return path.String()
}

// under is a path below that of a project.
func under(project Project, segments ...any) []any {
	return append([]any{"projects", project.path}, segments...)
}
