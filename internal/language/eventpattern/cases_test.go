package eventpattern_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/language/eventpattern"
)

// prefix is how EventBridge says that a pattern is none.
const prefix = "Event pattern is not valid. Reason: "

// differs are the reasons for which a case is known to have another verdict here. All are
// about what the library does where it joins what it cannot keep apart.
var differs = []string{"0.0.0.0/0", "::/0"}

// TestCases asks for the verdicts of AWS's own library.
func TestCases(t *testing.T) {
	f, err := os.Open(filepath.Join(material.Dir(t), "cases", "event_patterns.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	held, all := 0, 0
	for lines.Scan() {
		var c struct{ Pattern, Event, Result, Error, Note string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all++
		want := c.Result
		if want == "error" {
			want = strings.TrimPrefix(c.Error, prefix)
		}
		got := answer(c.Pattern, c.Event)
		switch {
		case got == want:
			held++
		case strings.Contains(c.Pattern, differs[0]) || strings.Contains(c.Pattern, differs[1]):
		default:
			t.Errorf("%s of %s\n got %s\nwant %s (%s)", c.Pattern, c.Event, got, want, c.Note)
		}
	}
	t.Logf("%d of %d cases hold", held, all)
	if held < 2082 {
		t.Errorf("%d cases hold, and more did before", held)
	}
}

func answer(pattern, event string) string {
	p, err := eventpattern.Compile(pattern, eventpattern.Dialect{})
	if err != nil {
		return err.Error()
	}
	if event == "" {
		return "match"
	}
	e, err := eventpattern.Parse(event)
	if err != nil {
		return "no event: " + err.Error()
	}
	if p.Match(e) {
		return "match"
	}
	return "no_match"
}
