package transform

// CopyValue copies values to other keys, also what is known of where the event is from.
type CopyValue struct {
	Entries []CopyEntry `json:"entries"`
}

// CopyEntry says which value goes where. MoveKeys has the same.
type CopyEntry struct {
	Source            string `json:"source"`
	Target            string `json:"target"`
	OverwriteIfExists bool   `json:"overwriteIfExists"`
}

// paths checks entries, and returns their sources and targets.
func paths(entries []CopyEntry) (from, to []path, err error) {
	if err := checkCount("entries", len(entries), mostEntries); err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		f, err := parsePath("source", e.Source)
		if err != nil {
			return nil, nil, err
		}
		t, err := parsePath("target", e.Target)
		if err != nil {
			return nil, nil, err
		}
		from, to = append(from, f), append(to, t)
	}
	return from, to, nil
}

func (c *CopyValue) compile(bool) (func(r *run) error, error) {
	from, to, err := paths(c.Entries)
	return func(r *run) error {
		for i, e := range c.Entries {
			value, there := r.about(e.Source)
			if !there {
				value, there = from[i].get(r.root)
			}
			if !there {
				continue
			}
			if err := r.spend(size(value)); err != nil { // before a copy is made
				return err
			}
			if err := to[i].put(r, clone(value), e.OverwriteIfExists); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// about returns what is known of an event besides its message, by AWS's names.
func (r *run) about(name string) (any, bool) {
	switch name {
	case "@logGroupName":
		return r.event.Group, true
	case "@logGroupStream":
		return r.event.Stream, true
	case "@accountId":
		return r.event.Account, true
	case "@regionName":
		return r.event.Region, true
	}
	return nil, false
}
