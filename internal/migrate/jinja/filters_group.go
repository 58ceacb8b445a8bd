package jinja

import (
	"errors"
	"slices"
)

func filterGroupby(c *Call) (any, error) {
	all := slices.Clone(c.Items(0, ""))
	key := c.byOr(c.Value(1, "attribute", nil), c.Value(2, "default", nil))
	sensitive := c.Bool(3, "case_sensitive", false)
	if err := c.Done(); err != nil {
		return nil, err
	}
	var failed error
	slices.SortStableFunc(all, c.lessBy(sensitive, key, &failed))
	groups := &List{}
	var last any
	for i, item := range all {
		k, err := key(item)
		if err != nil {
			return nil, err
		}
		same, err := c.frame.run.equal(fold(k, sensitive), last)
		if err != nil {
			return nil, err
		}
		if i == 0 || !same {
			groups.Items = append(groups.Items, &group{k, &List{}})
			last = fold(k, sensitive)
		}
		g := groups.Items[len(groups.Items)-1].(*group) // just appended
		g.list.Items = append(g.list.Items, item)
	}
	for i, g := range groups.Items {
		groups.Items[i] = Tuple{g.(*group).grouper, g.(*group).list}
	}
	return groups, failed
}

type group struct {
	grouper any
	list    *List
}

func filterBatch(c *Call) (any, error) {
	all, n, fill := c.Items(0, ""), c.Int(1, "linecount", 0), c.Value(2, "fill_with", nil)
	if err := c.Done(); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, errors.New("a batch holds one item at least")
	}
	if err := c.frame.run.charge(n); err != nil {
		return nil, err
	}
	out := &List{}
	for part := range slices.Chunk(all, n) {
		row := slices.Clone(part)
		for fill != nil && len(row) < n {
			row = append(row, fill)
		}
		out.Items = append(out.Items, &List{row})
	}
	return out, nil
}

func filterSlice(c *Call) (any, error) {
	all, n, fill := c.Items(0, ""), c.Int(1, "slices", 0), c.Value(2, "fill_with", nil)
	if err := c.Done(); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, errors.New("there is one slice at least")
	}
	if err := c.frame.run.charge(n); err != nil {
		return nil, err
	}
	size, extra, from := len(all)/n, len(all)%n, 0
	out := &List{}
	for i := range n {
		to := from + size
		if i < extra {
			to++
		}
		row := slices.Clone(all[from:to])
		if fill != nil && i >= extra {
			row = append(row, fill)
		}
		out.Items = append(out.Items, &List{row})
		from = to
	}
	return out, nil
}

func filterSum(c *Call) (any, error) {
	all := c.Items(0, "")
	key := c.by(c.Value(1, "attribute", nil))
	total := c.Value(2, "start", 0)
	if err := c.Done(); err != nil {
		return nil, err
	}
	for _, item := range all {
		value, err := key(item)
		if err != nil {
			return nil, err
		}
		if u, ok := value.(*Undefined); ok {
			return nil, u.err()
		}
		if total, err = c.frame.run.calculate("+", total, value); err != nil {
			return nil, err
		}
	}
	return total, nil
}
