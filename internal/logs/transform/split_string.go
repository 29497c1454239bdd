package transform

import "strings"

// SplitString makes lists of texts.
type SplitString struct {
	Entries []SplitEntry `json:"entries"`
}

// SplitEntry is a key whose text is split.
type SplitEntry struct {
	Source    string `json:"source"`
	Delimiter string `json:"delimiter"`
}

func (c *SplitString) compile(bool) (func(r *run) error, error) {
	if err := checkCount("entries", len(c.Entries), mostKeys); err != nil {
		return nil, err
	}
	keys := make([]path, len(c.Entries))
	for i, e := range c.Entries {
		var err error
		if keys[i], err = parsePath("source", e.Source); err != nil {
			return nil, err
		}
		if err := checkText("delimiter", e.Delimiter, mostKey); err != nil {
			return nil, err
		}
	}
	return func(r *run) error {
		for i, e := range c.Entries {
			if err := keys[i].change(r, func(text string) (any, error) {
				all := list{}
				for part := range strings.SplitSeq(text, e.Delimiter) {
					all = append(all, part)
				}
				return all, nil
			}); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
