package organizations

import (
	"encoding/json"
	"testing"
)

// Whatever objects policies are, they come to an object, and without operators that were
// used.
func FuzzMerge(f *testing.F) {
	f.Add(`{"tags":{"team":{"tag_key":{"@@assign":"Team","@@operators_allowed_for_child_policies":["@@none"]}}}}`, `{"tags":{"TEAM":{"tag_key":{"@@assign":"other"}}}}`)
	f.Add(`{"a":{"@@assign":["1"]}}`, `{"a":{"@@append":["2"],"@@remove":["1"]}}`)
	f.Add(`{"a":1}`, `{"a":{"b":{"@@append":3}}}`)
	f.Add(`{"@@assign":null,"@@operators_allowed_for_child_policies":7}`, `{"@@append":{"x":[]}}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		n := &node{}
		for _, text := range []string{first, second} {
			var object map[string]any
			if json.Unmarshal([]byte(text), &object) != nil {
				return
			}
			n.merge(object)
			n.descend()
		}
		if _, err := json.Marshal(n.value()); err != nil {
			t.Error(err)
		}
	})
}
