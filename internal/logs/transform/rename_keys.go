package transform

import "fmt"

// RenameKeys gives keys other names. The new name is a path from the root.
type RenameKeys struct {
	Entries []RenameEntry `json:"entries"`
}

// RenameEntry is a key that is renamed.
type RenameEntry struct {
	Key               string `json:"key"`
	RenameTo          string `json:"renameTo"`
	OverwriteIfExists bool   `json:"overwriteIfExists"`
}

func (c *RenameKeys) compile(bool) (func(r *run) error, error) {
	if err := checkCount("entries", len(c.Entries), mostEntries); err != nil {
		return nil, err
	}
	from, to := make([]path, len(c.Entries)), make([]path, len(c.Entries))
	for i, e := range c.Entries {
		var err error
		if from[i], err = parsePath("key", e.Key); err != nil {
			return nil, err
		}
		if to[i], err = parsePath("renameTo", e.RenameTo); err != nil {
			return nil, err
		}
		if len(to[i]) > len(from[i]) && within(to[i], from[i]) {
			return nil, fmt.Errorf("%s cannot be put into itself", e.Key)
		}
	}
	return func(r *run) error {
		for i, e := range c.Entries {
			o := from[i].parent(r.root, false)
			if o == nil {
				continue
			}
			value, there := o.get(from[i].last())
			if !there || within(to[i], from[i]) {
				continue
			}
			target := to[i].parent(r.root, true)
			if target == nil {
				continue
			}
			if _, taken := target.get(to[i].last()); taken && !e.OverwriteIfExists {
				continue
			}
			o.remove(from[i].last())
			target.set(to[i].last(), value)
		}
		return nil
	}, nil
}
