package conformance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// asked is what sillok query did.
type asked struct {
	rows [][]string // in the order of the columns; NULL is "NULL"
	told string     // on stderr
	code int
}

// query runs sillok query over a folder with a cache of its own.
func query(t *testing.T, from, sql string, args ...string) asked {
	t.Helper()
	return queryCached(t, t.TempDir(), from, sql, args...)
}

func queryCached(t *testing.T, cache, from, sql string, args ...string) asked {
	t.Helper()
	args = append([]string{"query", "--cache", cache, "--from", from, "--output", "json"}, args...)
	if sql != "" {
		args = append(args, sql)
	}
	cmd := exec.CommandContext(t.Context(), required(t, "SILLOK_BIN"), args...)
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return asked{told: told.String(), code: exit.ExitCode()}
	}
	if err != nil {
		t.Fatal(err)
	}
	a := asked{told: told.String()}
	if out.Len() > 0 {
		a.rows = jsonRows(t, out.Bytes())
	}
	return a
}

// jsonRows reads an array of objects as rows of texts.
func jsonRows(t *testing.T, text []byte) [][]string {
	t.Helper()
	var objects []json.RawMessage
	if err := json.Unmarshal(text, &objects); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	rows := [][]string{}
	for _, object := range objects {
		d := json.NewDecoder(bytes.NewReader(object))
		d.UseNumber()
		var row []string
		_, err := d.Token() // the brace
		for err == nil && d.More() {
			if _, err = d.Token(); err != nil { // the name
				break
			}
			var value any
			if err = d.Decode(&value); value == nil {
				value = "NULL"
			}
			row = append(row, fmt.Sprint(value))
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, object)
		}
		rows = append(rows, row)
	}
	return rows
}

// texts returns the rows of a reply, NULL as "NULL".
func (r reply) texts() [][]string {
	rows := [][]string{}
	for _, cells := range r.rows {
		row := make([]string, len(cells))
		for i, cell := range cells {
			row[i] = shown(cell)
		}
		rows = append(rows, row)
	}
	return rows
}

// files writes the contents of a folder and returns its path. A name that ends
// in a slash is a folder of its own.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range contents {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if name[len(name)-1] == '/' {
			continue
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
