package parse_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/parse"
)

// entry is a line of the SQL material, and what is known about it.
type entry struct {
	ID     string `json:"id"`
	SQL    string `json:"sql"`
	Kind   string `json:"kind"`
	Syntax string `json:"trino_syntax"`

	Error   string `json:"error"`
	At      string `json:"at"`
	Message string `json:"message"`
}

func entries(t *testing.T, name string) []entry {
	t.Helper()
	f, err := os.Open(filepath.Join(material.Dir(t), "sql", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var out []entry
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// exceptions reads a list of ids, each with the reason why its answer differs.
func exceptions(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, ok := strings.Cut(line, " ")
		if !ok {
			t.Fatalf("%s: %s has no reason", name, id)
		}
		out[id] = reason
	}
	return out
}

// TestTrinoAnswers asks everything that a real Trino was asked: what it parsed
// must parse, and what it refused must be refused at the same place in the same
// words.
func TestTrinoAnswers(t *testing.T) {
	listed := exceptions(t, "trino_exceptions.txt")
	asked := map[string][]string{} // the same id stands for several texts, in order
	for _, e := range entries(t, "trino_functions.jsonl") {
		asked[e.ID] = append(asked[e.ID], "SELECT "+e.SQL)
	}
	for _, e := range entries(t, "trino_statements.jsonl") {
		asked[e.ID] = append(asked[e.ID], e.SQL)
	}
	var parsed, refused, same int
	for _, answer := range entries(t, "trino_results.jsonl") {
		texts := asked[answer.ID]
		if len(texts) == 0 {
			t.Fatalf("%s: nobody asked", answer.ID)
		}
		sql := texts[0]
		if len(texts) > 1 {
			asked[answer.ID] = texts[1:]
		}
		_, err := parse.Statement(sql)
		fault := ""
		if answer.Error != "SYNTAX_ERROR" {
			parsed++
			if err != nil {
				fault = fmt.Sprintf("does not parse: %v", err)
			}
		} else {
			refused++
			fault = compareError(err, answer)
			if fault == "" {
				same++
			}
		}
		report(t, listed, answer.ID, fault, sql)
	}
	t.Logf("%d parse as in Trino; of %d refused there, %d are refused at the same place in the same words",
		parsed, refused, same)
}

func compareError(err error, want entry) string {
	if err == nil {
		return "parses, want " + want.Message
	}
	e, ok := errors.AsType[*parse.Error](err)
	if !ok {
		return fmt.Sprintf("not a parse.Error: %v", err)
	}
	if got := fmt.Sprintf("%d:%d", e.Line, e.Column); got != want.At {
		return fmt.Sprintf("at %s, want %s:\n got %v\nwant %s", got, want.At, err, want.Message)
	}
	if err.Error() != want.Message {
		return fmt.Sprintf("in other words:\n got %v\nwant %s", err, want.Message)
	}
	return ""
}

func report(t *testing.T, listed map[string]string, id, fault, sql string) {
	t.Helper()
	_, known := listed[id]
	switch {
	case fault != "" && !known:
		t.Errorf("%s: %s\n  of %s", id, fault, sql)
	case fault == "" && known:
		t.Errorf("%s is listed as an exception and is none", id)
	}
}
