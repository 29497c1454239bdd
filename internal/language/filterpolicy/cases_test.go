package filterpolicy_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/language/filterpolicy"
)

// TestCases asks for what AWS was seen to do.
func TestCases(t *testing.T) {
	f, err := os.Open(filepath.Join(material.Dir(t), "cases", "sns_filter_policies.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	held := map[bool]int{}
	all := map[bool]int{}
	for lines.Scan() {
		var c struct {
			Scope, Policy, Body, Result, Error, Name, Source string

			Attributes map[string]struct {
				DataType    string
				StringValue any
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		scope := filterpolicy.Attributes
		if c.Scope == string(filterpolicy.Body) {
			scope = filterpolicy.Body
		}
		made := strings.Contains(c.Source, "hand-written")
		all[made]++
		got := "no_match"
		p, err := filterpolicy.Compile(c.Policy, scope)
		if err != nil {
			got = "error"
			_, reason, _ := strings.Cut(c.Error, "FilterPolicy: ")
			if err.Error() != reason {
				t.Errorf("%s\n got %s\nwant %s", c.Policy, err, reason)
				continue
			}
		} else {
			m := filterpolicy.Message{Body: c.Body, Attributes: map[string]filterpolicy.Attribute{}}
			for name, a := range c.Attributes {
				m.Attributes[name] = filterpolicy.Attribute{Type: a.DataType, Value: fmt.Sprint(a.StringValue)}
			}
			if p.Match(&m) == filterpolicy.Matches {
				got = "match"
			}
		}
		if got != c.Result {
			t.Errorf("%s: %s of %v %s: %s, want %s (%s)", c.Name, c.Policy, c.Attributes, c.Body, got, c.Result, c.Source)
			continue
		}
		held[made]++
	}
	t.Logf("%d of %d that AWS was seen to do, %d of %d others", held[false], all[false], held[true], all[true])
}
