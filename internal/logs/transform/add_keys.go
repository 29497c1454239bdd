package transform

// AddKeys adds keys with fixed values.
type AddKeys struct {
	Entries []AddKeyEntry `json:"entries"`
}

// AddKeyEntry is a key that is added.
type AddKeyEntry struct {
	Key               string `json:"key"`
	Value             string `json:"value"`
	OverwriteIfExists bool   `json:"overwriteIfExists"`
}

const (
	mostEntries = 5
	mostValue   = 256
)

func (c *AddKeys) compile(bool) (func(r *run) error, error) {
	if err := checkCount("entries", len(c.Entries), mostEntries); err != nil {
		return nil, err
	}
	keys := make([]path, len(c.Entries))
	for i, e := range c.Entries {
		var err error
		if keys[i], err = parsePath("key", e.Key); err != nil {
			return nil, err
		}
		if err := checkText("value", e.Value, mostValue); err != nil {
			return nil, err
		}
	}
	return func(r *run) error {
		for i, e := range c.Entries {
			if err := keys[i].put(r, e.Value, e.OverwriteIfExists); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
