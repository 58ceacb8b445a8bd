package gitlabtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// page answers with the part of a list that was asked for, twenty entries or up to a hundred, and GitLab's headers.
func page[T any](c *call, all []T) {
	number, size := positive(c.query("page"), 1), min(positive(c.query("per_page"), 20), 100)
	last := max(1, (len(all)+size-1)/size)
	header := c.w.Header()
	set := func(name string, value int) {
		text := ""
		if value > 0 {
			text = strconv.Itoa(value)
		}
		header.Set(name, text)
	}
	next := 0
	if number < last {
		next = number + 1
	}
	set("X-Next-Page", next)
	set("X-Prev-Page", number-1)
	set("X-Page", number)
	set("X-Per-Page", size)
	header.Set("X-Total", strconv.Itoa(len(all)))
	set("X-Total-Pages", last)
	header.Set("Link", c.links(map[string]int{"next": next, "prev": number - 1, "first": 1, "last": last}))
	begin := min((number-1)*size, len(all))
	c.answer(http.StatusOK, append([]T{}, all[begin:min(begin+size, len(all))]...))
}

func (c *call) links(pages map[string]int) string {
	var out []string
	for _, rel := range []string{"prev", "next", "first", "last"} {
		if pages[rel] == 0 {
			continue
		}
		address := *c.request.URL
		query := address.Query()
		query.Set("page", strconv.Itoa(pages[rel]))
		address.RawQuery = query.Encode()
		out = append(out, fmt.Sprintf("<%s%s>; rel=%q", c.URL, address.RequestURI(), rel))
	}
	return strings.Join(out, ", ")
}

func positive(text string, fallback int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return fallback
}
