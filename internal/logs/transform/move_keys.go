package transform

// MoveKeys moves keys under others: the target is the object that the key is put into.
type MoveKeys struct {
	Entries []CopyEntry `json:"entries"`
}

func (c *MoveKeys) compile(bool) (func(r *run) error, error) {
	from, to, err := paths(c.Entries)
	return func(r *run) error {
		for i, e := range c.Entries {
			o := from[i].parent(r.root, false)
			if o == nil {
				continue
			}
			value, there := o.get(from[i].last())
			into := append(append(path{}, to[i]...), from[i].last())
			if !there || within(into, from[i]) {
				continue
			}
			target := into.parent(r.root, true)
			if target == nil {
				continue // something else than an object is there
			}
			if _, taken := target.get(into.last()); taken && !e.OverwriteIfExists {
				continue
			}
			o.remove(from[i].last())
			target.set(into.last(), value)
		}
		return nil
	}, err
}

// within says whether a path is another one, or leads into what is there.
func within(p, other path) bool {
	if len(p) < len(other) {
		return false
	}
	for i := range other {
		if p[i] != other[i] {
			return false
		}
	}
	return true
}
