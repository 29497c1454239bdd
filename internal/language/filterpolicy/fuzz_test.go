package filterpolicy_test

import (
	"testing"

	"github.com/sillok/sillok/internal/language/filterpolicy"
)

// FuzzMatch holds compiling and matching to their ends: whatever the texts are, there is a
// policy or AWS's error, and the same answer twice.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"k":["v",{"prefix":"p"},{"numeric":[">",1,"<=",2]}]}`, `{"k":"v"}`},
		{`{"a":{"b":[{"exists":false}]},"$or":[{"c":[null]},{"d":[{"cidr":"10.0.0.0/8"}]}]}`, `{"a":[{"b":1},{"c":null}],"d":"10.1.2.3"}`},
		{`{"k":[{"anything-but":{"prefix":"x"}}]}`, `{"k":["x","y",[1]]}`},
		{`{"k":[{"wildcard":"*a*b"},{"equals-ignore-case":"ß"},{"suffix":"e"}]}`, `{"k":"SS"}`},
		{`{"k":["\ud800"]}`, `[`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, policy, body string) {
		for _, scope := range []filterpolicy.Scope{filterpolicy.Attributes, filterpolicy.Body} {
			p, err := filterpolicy.Compile(policy, scope)
			if err != nil {
				if err.Error() == "" {
					t.Errorf("%q is refused for nothing", policy)
				}
				continue
			}
			m := func() *filterpolicy.Message {
				return &filterpolicy.Message{Body: body, Attributes: map[string]filterpolicy.Attribute{"k": {Type: "String", Value: body}, "l": {Type: "String.Array", Value: body}}}
			}
			if first, second := p.Match(m()), p.Match(m()); first != second {
				t.Errorf("%q of %q is %d and %d", policy, body, first, second)
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	p, err := filterpolicy.Compile(`{"store":["example_corp"],"price":[{"numeric":[">=",100]}],"event":[{"anything-but":"cancelled"}]}`, filterpolicy.Attributes)
	if err != nil {
		b.Fatal(err)
	}
	m := filterpolicy.Message{Attributes: map[string]filterpolicy.Attribute{
		"store": {Type: "String", Value: "example_corp"}, "price": {Type: "Number", Value: "210.75"}, "event": {Type: "String", Value: "placed"},
	}}
	for b.Loop() {
		if p.Match(&m) != filterpolicy.Matches {
			b.Fatal("it does not match")
		}
	}
}
