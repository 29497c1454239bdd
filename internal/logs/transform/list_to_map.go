package transform

import "errors"

// ListToMap makes a map of a list of objects, by the value of a key that each has.
type ListToMap struct {
	Source           string `json:"source"`
	Key              string `json:"key"`
	ValueKey         string `json:"valueKey"`
	Target           string `json:"target"`
	Flatten          bool   `json:"flatten"`
	FlattenedElement string `json:"flattenedElement"`
}

func (c *ListToMap) compile(bool) (func(r *run) error, error) {
	from, err := parsePath("source", c.Source)
	if err != nil {
		return nil, err
	}
	key, err := parsePath("key", c.Key)
	if err != nil {
		return nil, err
	}
	var valueKey path
	if c.ValueKey != "" {
		if valueKey, err = parsePath("valueKey", c.ValueKey); err != nil {
			return nil, err
		}
	}
	to, err := parseDestination(c.Target)
	if err != nil {
		return nil, err
	}
	switch c.FlattenedElement {
	case "first", "last":
	case "":
		if c.Flatten {
			return nil, errors.New("flattenedElement must be given where flatten is true: first or last")
		}
	default:
		return nil, errors.New("flattenedElement is first or last")
	}
	return func(r *run) error {
		value, _ := from.get(r.root)
		all, ok := value.(list)
		if !ok {
			return nil
		}
		found := newObject()
		for _, item := range all {
			o, ok := item.(*object)
			if !ok {
				continue
			}
			name, there := key.get(o)
			if !there {
				continue
			}
			element := item
			if valueKey != nil {
				if element, there = valueKey.get(o); !there {
					continue
				}
			}
			c.collect(found, display(name), element)
		}
		o, err := to.object(r)
		if err != nil {
			return nil //nolint:nilerr // something else is in the way, and stays
		}
		if err := r.spend(size(found)); err != nil { // before it is copied
			return err
		}
		members, _ := clone(found).(*object)
		return r.fill(o, members, true)
	}, nil
}

// collect adds an element to those of a name.
func (c *ListToMap) collect(found *object, name string, element any) {
	old, there := found.get(name)
	switch {
	case !c.Flatten:
		all, _ := old.(list)
		found.set(name, append(all, element))
	case !there || c.FlattenedElement == "last":
		found.set(name, element)
	}
}
