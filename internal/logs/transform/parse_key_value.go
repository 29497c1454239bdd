package transform

import "strings"

// ParseKeyValue makes fields of pairs of keys and values.
type ParseKeyValue struct {
	Source            string  `json:"source"`
	Destination       string  `json:"destination"`
	FieldDelimiter    string  `json:"fieldDelimiter"`
	KeyValueDelimiter string  `json:"keyValueDelimiter"`
	KeyPrefix         string  `json:"keyPrefix"`
	NonMatchValue     *string `json:"nonMatchValue"`
	OverwriteIfExists bool    `json:"overwriteIfExists"`
}

func (c *ParseKeyValue) compile(first bool) (func(r *run) error, error) {
	from, err := parseSource(c.Source, first)
	if err != nil {
		return nil, err
	}
	to, err := parseDestination(c.Destination)
	if err != nil {
		return nil, err
	}
	between, within := "&", "="
	for _, given := range []struct {
		name, text string
		to         *string
	}{{"fieldDelimiter", c.FieldDelimiter, &between}, {"keyValueDelimiter", c.KeyValueDelimiter, &within}, {"keyPrefix", c.KeyPrefix, nil}} {
		if given.text == "" {
			continue
		}
		if err := checkText(given.name, given.text, mostKey); err != nil {
			return nil, err
		}
		if given.to != nil {
			*given.to = given.text
		}
	}
	var unmatched any
	if c.NonMatchValue != nil {
		if err := checkText("nonMatchValue", *c.NonMatchValue, mostKey); err != nil {
			return nil, err
		}
		unmatched = *c.NonMatchValue
	}
	return func(r *run) error {
		text, err := from.text(r)
		if err != nil {
			return err
		}
		found := newObject()
		for pair := range strings.SplitSeq(text, between) {
			if pair == "" {
				continue // delimiters in a row
			}
			key, value, ok := strings.Cut(pair, within)
			if err := r.spend(len(c.KeyPrefix) + len(pair)); err != nil {
				return err
			}
			if ok {
				found.set(c.KeyPrefix+key, value)
			} else {
				found.set(c.KeyPrefix+key, unmatched)
			}
		}
		o, err := to.object(r)
		if err != nil {
			return err
		}
		return r.fill(o, found, c.OverwriteIfExists)
	}, nil
}
