package replaytest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Verdict is how an answer of ours stands to Trino's.
type Verdict string

// The verdicts.
const (
	Right   Verdict = "right"
	Refused Verdict = "refused" // by the name of what is not supported
	Wrong   Verdict = "wrong"
)

// JudgeError judges an answer that is an error.
func (q Question) JudgeError(err error) (verdict Verdict, why string) {
	failed, ok := errors.AsType[*sqlerr.Error](err)
	if !ok {
		return Wrong, err.Error()
	}
	at := ""
	if failed.Line > 0 {
		at = fmt.Sprintf("%d:%d", failed.Line, failed.Column)
	}
	switch {
	case failed.Name == sqlerr.Unsupported:
		return Refused, failed.Message
	case q.Error != "" && failed.Name == q.Error && at == q.At:
		return Right, ""
	}
	return Wrong, failed.Error() + ", want " + q.wanted()
}

// JudgeFailure judges an answer that is an error as a client reads it, which is
// "NAME: line 1:8: message" or "NAME: message".
func (q Question) JudgeFailure(text string) (verdict Verdict, why string) {
	if strings.HasPrefix(text, sqlerr.Unsupported+": ") {
		return Refused, text
	}
	begins := q.Error + ": "
	if q.At != "" {
		begins += "line " + q.At + ": "
	}
	if q.Error != "" && strings.HasPrefix(text, begins) {
		return Right, ""
	}
	return Wrong, text + ", want " + q.wanted()
}

// wanted says what the recorded answer is.
func (q Question) wanted() string {
	if q.Error == "" {
		return fmt.Sprintf("%d rows", max(q.RowCount, len(q.Rows)))
	}
	return fmt.Sprintf("%s at %q: %s", q.Error, q.At, q.Message)
}

// JudgeColumns judges an answer by the names and types of its columns. Lengths of
// varchar do not matter, since Athena does not tell them.
func (q Question) JudgeColumns(columns []plan.Output) (verdict Verdict, why string) {
	if q.Error != "" {
		return Wrong, "no error, want " + q.wanted()
	}
	types, err := q.types()
	if err != nil {
		return Wrong, err.Error()
	}
	var got, want []string
	for _, c := range columns {
		got = append(got, c.Name+" "+withoutLengths(c.Type).String())
	}
	for i, t := range types {
		want = append(want, q.Columns[i][0]+" "+withoutLengths(t).String())
	}
	if !slices.Equal(got, want) {
		return Wrong, fmt.Sprintf("columns %v, want %v", got, want)
	}
	return Right, ""
}

func withoutLengths(t datatype.Type) datatype.Type {
	if t.Kind == datatype.Varchar {
		return datatype.Text()
	}
	elems := make([]datatype.Type, len(t.Elems))
	for i, elem := range t.Elems {
		elems[i] = withoutLengths(elem)
	}
	t.Elems = elems
	return t
}

// JudgeRows judges the rows of an answer whose columns are right. A nil cell is
// NULL. Floating point numbers may differ by 1e-9 of themselves, since a sum
// depends on the order of its rows; the rows' order matters as far as ORDER BY
// names it.
func (q Question) JudgeRows(rows [][]*string, s Spelling) (verdict Verdict, why string) {
	types, err := q.types()
	if err != nil {
		return Wrong, err.Error()
	}
	if q.SHA256 != "" {
		return q.judgeDigest(types, rows, s)
	}
	if len(rows) != len(q.Rows) {
		return Wrong, fmt.Sprintf("%d rows, want %d", len(rows), len(q.Rows))
	}
	got, want := make([][]string, len(rows)), make([][]string, len(rows))
	for i := range rows {
		for j, t := range types {
			got[i] = append(got[i], s.got(rows[i][j]))
			want[i] = append(want[i], s.want(t, q.Rows[i][j]))
		}
	}
	if !q.sameOrder(types, got, want, s) {
		return Wrong, fmt.Sprintf("the rows are in another order: %q, want %q", got[:min(3, len(got))], want[:min(3, len(want))])
	}
	for _, list := range [][][]string{got, want} {
		slices.SortStableFunc(list, func(a, b []string) int { return slices.Compare(s.keys(types, a), s.keys(types, b)) })
	}
	for i := range got {
		for j, t := range types {
			if !s.same(t, got[i][j], want[i][j]) {
				return Wrong, fmt.Sprintf("row %d, column %s is %q, want %q", i, q.Columns[j][0], got[i][j], want[i][j])
			}
		}
	}
	return Right, ""
}

// sameOrder says whether the rows come in the order that the query asks for:
// the columns that it orders by must have the same values row by row. Rows that
// tie may come in any order, as in Trino.
func (q Question) sameOrder(types []datatype.Type, got, want [][]string, s Spelling) bool {
	statement, err := parse.Statement(q.SQL)
	query, ok := statement.(*ast.Query)
	if err != nil || !ok || q.Order == "any" {
		return true
	}
	for _, key := range query.OrderBy {
		column := -1
		switch e := key.Expr.(type) {
		case *ast.Integer:
			if n, err := strconv.Atoi(e.Text); err == nil {
				column = n - 1
			}
		case *ast.Ident:
			column = slices.IndexFunc(q.Columns, func(c [2]string) bool { return strings.EqualFold(c[0], e.Name.Name) })
		}
		if column < 0 || column >= len(types) {
			// The key is not in the result; where it decides, so do the rows.
			continue
		}
		for i := range got {
			if !s.same(types[column], got[i][column], want[i][column]) {
				return false
			}
		}
	}
	return true
}

// Whole returns the question without its LIMIT, where that leaves open which
// rows are wanted because there is no ORDER BY.
func (q Question) Whole() (sql string, ok bool) {
	statement, err := parse.Statement(q.SQL)
	if err != nil {
		return "", false
	}
	query, ok := statement.(*ast.Query)
	if !ok || query.Limit == nil || len(query.OrderBy) > 0 {
		return "", false
	}
	return q.SQL[:query.Limit.Position()], true
}

// JudgePart judges the rows of an answer to a question that leaves open which
// rows are wanted: they are as many as the recorded ones, and all are among the
// rows of Whole.
func (q Question) JudgePart(rows, whole [][]*string, s Spelling) (verdict Verdict, why string) {
	if len(rows) != len(q.Rows) {
		return Wrong, fmt.Sprintf("%d rows, want %d", len(rows), len(q.Rows))
	}
	left := map[string]int{}
	for _, row := range whole {
		left[s.line(row)]++
	}
	for _, row := range rows {
		line := s.line(row)
		if left[line]--; left[line] < 0 {
			return Wrong, fmt.Sprintf("the whole answer has no such row: %q", line)
		}
	}
	return Right, ""
}

// judgeDigest judges many rows by their digest, which is over rows of JSON. Where
// cells cannot be put back into that form exactly, the rows are counted alone.
func (q Question) judgeDigest(types []datatype.Type, rows [][]*string, s Spelling) (verdict Verdict, why string) {
	if len(rows) != q.RowCount {
		return Wrong, fmt.Sprintf("%d rows, want %d", len(rows), q.RowCount)
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, cell := range row {
			var ok bool
			if cells[j], ok = s.json(types[j], cell); !ok {
				return Right, ""
			}
		}
		lines[i] = "[" + strings.Join(cells, ",") + "]"
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	if hex.EncodeToString(sum[:]) != q.SHA256 {
		return Wrong, fmt.Sprintf("%d rows of another digest, such as %s", len(lines), lines[0])
	}
	return Right, ""
}
