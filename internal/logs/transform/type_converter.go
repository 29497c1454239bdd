package transform

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// TypeConverter makes values of another type. One that cannot be converted stays.
type TypeConverter struct {
	Entries []TypeEntry `json:"entries"`
}

// TypeEntry is a key whose value gets another type.
type TypeEntry struct {
	Key  string `json:"key"`
	Type string `json:"type"`
}

func (c *TypeConverter) compile(bool) (func(r *run) error, error) {
	if err := checkCount("entries", len(c.Entries), mostEntries); err != nil {
		return nil, err
	}
	keys := make([]path, len(c.Entries))
	for i, e := range c.Entries {
		var err error
		if keys[i], err = parsePath("key", e.Key); err != nil {
			return nil, err
		}
		switch e.Type {
		case "integer", "double", "string", "boolean":
		default:
			return nil, fmt.Errorf("type %q is none of integer, double, string and boolean", e.Type)
		}
	}
	return func(r *run) error {
		for i, e := range c.Entries {
			o := keys[i].parent(r.root, false)
			if o == nil {
				continue
			}
			value, there := o.get(keys[i].last())
			if !there {
				continue
			}
			if converted, ok := convert(value, e.Type); ok {
				o.set(keys[i].last(), converted)
			}
		}
		return nil
	}, nil
}

// convert returns a text, number or boolean as one of another type.
func convert(value any, to string) (any, bool) {
	switch value.(type) {
	case string, number, bool:
	default:
		return nil, false
	}
	text := strings.TrimSpace(display(value))
	switch to {
	case "string":
		return display(value), true
	case "boolean":
		switch strings.ToLower(text) {
		case "true", "1":
			return true, true
		case "false", "0":
			return false, true
		}
		return nil, false
	}
	if b, ok := value.(bool); ok {
		text = map[bool]string{true: "1", false: "0"}[b]
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, false
	}
	if to == "double" {
		return number(strconv.FormatFloat(f, 'g', -1, 64)), true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number(strconv.FormatInt(n, 10)), true
	}
	if math.Abs(f) >= 1<<63 {
		return nil, false
	}
	return number(strconv.FormatInt(int64(f), 10)), true
}
