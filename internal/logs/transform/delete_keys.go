package transform

// DeleteKeys removes keys.
type DeleteKeys struct {
	WithKeys []string `json:"withKeys"`
}

func (c *DeleteKeys) compile(bool) (func(r *run) error, error) {
	keys, err := parsePaths("withKeys", c.WithKeys, mostEntries)
	return func(r *run) error {
		for _, key := range keys {
			if o := key.parent(r.root, false); o != nil {
				o.remove(key.last())
			}
		}
		return nil
	}, err
}
