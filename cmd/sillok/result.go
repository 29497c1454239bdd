package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/terminal"
)

// rows prints a result and returns how many rows there were. For JSON the cells
// must be spelled by engine.Protocol, for the others by engine.Athena.
func (s *screen) rows(output string, columns []plan.Output, rows engine.Rows) (int64, error) {
	switch output {
	case "csv":
		return s.csv(columns, rows)
	case "tsv":
		return s.tsv(columns, rows)
	case "json":
		return s.json(columns, rows, jsonArray)
	case "jsonl":
		return s.json(columns, rows, jsonLines)
	}
	return s.table(output, columns, rows)
}

// isJSON says whether cells have to be JSON values for a form of output.
func isJSON(output string) bool { return output == "json" || output == "jsonl" }

// separates says whether a blank line stands between the answers of two statements.
func (o queryOptions) separates() bool { return !isJSON(o.output) }

func (s *screen) table(output string, columns []plan.Output, rows engine.Rows) (int64, error) {
	shown := make([]terminal.Column, len(columns))
	for i, c := range columns {
		shown[i] = terminal.Column{Name: c.Name, Right: c.Type.IsNumeric()}
	}
	t := s.newList(output, shown...)
	for rows.Next() {
		if err := t.Add(rows.Row()); err != nil {
			return t.Rows(), err
		}
	}
	if err := rows.Err(); err != nil {
		return t.Rows(), err
	}
	return t.Rows(), s.finish(t)
}

// csv prints a header and rows with as few quotes as can be. NULL is empty.
func (s *screen) csv(columns []plan.Output, rows engine.Rows) (n int64, err error) {
	w := csv.NewWriter(s.stdout)
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.Name
	}
	_ = w.Write(record) // an error shows in w.Error
	for rows.Next() {
		for i, cell := range rows.Row() {
			record[i] = ""
			if cell != nil {
				record[i] = *cell
			}
		}
		if err := w.Write(record); err != nil {
			return n, err
		}
		n++
	}
	w.Flush()
	return n, errors.Join(rows.Err(), w.Error())
}

// tsv prints a header and rows with tabs between cells, each on one line: a tab, a
// line break and a backslash in a cell are \\t, \\n, \\r and \\\\. NULL is empty.
func (s *screen) tsv(columns []plan.Output, rows engine.Rows) (n int64, err error) {
	w := bufio.NewWriter(s.stdout)
	escape := strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = escape.Replace(c.Name)
	}
	_, _ = w.WriteString(strings.Join(line, "\t") + "\n") // an error shows in w.Flush
	for rows.Next() {
		for i, cell := range rows.Row() {
			line[i] = ""
			if cell != nil {
				line[i] = escape.Replace(*cell)
			}
		}
		if _, err := w.WriteString(strings.Join(line, "\t") + "\n"); err != nil {
			return n, err
		}
		n++
	}
	return n, errors.Join(rows.Err(), w.Flush())
}

// jsonForm is what stands around objects.
type jsonForm struct{ begin, between, end, none string }

var (
	jsonArray = jsonForm{begin: "[\n  ", between: ",\n  ", end: "\n]\n", none: "[]\n"}
	jsonLines = jsonForm{between: "\n", end: "\n"}
)

// json prints an object for each row, one a line.
func (s *screen) json(columns []plan.Output, rows engine.Rows, form jsonForm) (n int64, err error) {
	names, err := jsonNames(columns)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriter(s.stdout)
	separator := form.begin
	for rows.Next() {
		line := []byte(separator + "{")
		separator = form.between
		for i, cell := range rows.Row() {
			if i > 0 {
				line = append(line, ", "...)
			}
			line = append(append(line, names[i]...), ": "...)
			if line, err = appendJSON(line, columns[i].Type, cell); err != nil {
				return n, fmt.Errorf("column %s: %w", columns[i].Name, err)
			}
		}
		if _, err := w.Write(append(line, '}')); err != nil {
			return n, err
		}
		n++
	}
	end := form.end
	if n == 0 {
		end = form.none
	}
	_, err = w.WriteString(end)
	return n, errors.Join(rows.Err(), err, w.Flush())
}

// jsonNames returns the columns' names as JSON. A name that another column has
// already gets a number, because an object cannot hold it twice.
func jsonNames(columns []plan.Output) ([]string, error) {
	names, taken := make([]string, len(columns)), map[string]bool{}
	for i, c := range columns {
		name := c.Name
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", c.Name, n)
		}
		taken[name] = true
		text, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		names[i] = string(text)
	}
	return names, nil
}
