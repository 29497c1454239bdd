package transform

import "errors"

// ParseJSON makes fields of a JSON object.
type ParseJSON struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`
}

func (c *ParseJSON) compile(first bool) (func(r *run) error, error) {
	from, err := parseSource(c.Source, first)
	if err != nil {
		return nil, err
	}
	to, err := parseDestination(c.Destination)
	if err != nil {
		return nil, err
	}
	return func(r *run) error {
		text, err := from.text(r)
		if err != nil {
			return err
		}
		members, err := parseObject(text)
		if err != nil {
			return err
		}
		o, err := to.object(r)
		if err != nil {
			return err
		}
		return r.fill(o, members, true)
	}, nil
}

func parseObject(text string) (*object, error) {
	value, err := parseJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	o, ok := value.(*object)
	if !ok {
		return nil, errors.New("the text is JSON, and no object")
	}
	return o, nil
}
