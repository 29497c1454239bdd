package lake

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/lake/shadow"
)

// FuzzOrder gives any bytes as orders; those that are some are so when they are
// written again.
func FuzzOrder(f *testing.F) {
	payload, err := appendOrder(nil, order{recipe: []byte(`{"Named":"alb"}`), body: []byte("x"), Inline: true, Size: 1, Temp: shadow.Temp{Path: "/p"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Add(append(payload, payload...))
	f.Fuzz(func(t *testing.T, payload []byte) {
		for len(payload) > 0 {
			o, rest, err := nextOrder(payload)
			if err != nil {
				return
			}
			payload = rest
			again, err := appendOrder(nil, o)
			if err != nil {
				t.Fatal(err)
			}
			back, rest, err := nextOrder(again)
			if err != nil || len(rest) > 0 {
				t.Fatal(rest, err)
			}
			if diff := cmp.Diff(o, back, cmp.AllowUnexported(order{}), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		}
	})
}
