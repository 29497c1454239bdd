package gentest

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// pattern looks for rows that match a row pattern.
func (q *query) pattern() selected {
	table := 1 + q.IntN(2)
	third := tableColumns(table)[2].name
	partition := pick(q.dice, "", "", " PARTITION BY b", " PARTITION BY "+third)
	order := " ORDER BY a" + pick(q.dice, "", " DESC", " NULLS FIRST") + ", b" + pick(q.dice, "", " DESC") + ", " + third
	measures := []string{
		"CLASSIFIER() AS m1", "MATCH_NUMBER() AS m2", "count(*) AS m3", "FIRST(a) AS m4", "LAST(B.a) AS m5", "A.b AS m6", "sum(B.a) AS m7", "FINAL LAST(a) AS m8", "RUNNING count(B.*) AS m9", "LAST(a, 1) AS m10",
		"PREV(a) AS m11", "NEXT(LAST(B.a)) AS m12", "array_agg(CLASSIFIER()) AS m13", "max(U.a) AS m14", "FIRST(U.b) AS m15", "CLASSIFIER(U) AS m16", "PREV(FIRST(B.a), 2) AS m17",
		"count(DISTINCT b) AS m18", "coalesce(LAST(A.a), -1) AS m19", "array_agg(B." + third + ") AS m20",
	}
	q.Shuffle(len(measures), func(i, j int) { measures[i], measures[j] = measures[j], measures[i] })
	rows := pick(q.dice, "", " ONE ROW PER MATCH", " ALL ROWS PER MATCH", " ALL ROWS PER MATCH OMIT EMPTY MATCHES", " ALL ROWS PER MATCH WITH UNMATCHED ROWS", " ALL ROWS PER MATCH SHOW EMPTY MATCHES")
	skip := pick(q.dice, "", " AFTER MATCH SKIP PAST LAST ROW", " AFTER MATCH SKIP TO NEXT ROW", " AFTER MATCH SKIP TO LAST B", " AFTER MATCH SKIP TO B")
	if strings.Contains(rows, "UNMATCHED") && strings.Contains(skip, "TO") {
		skip = ""
	}
	shape := pick(q.dice, "A B", "A B*", "A B+", "A B+?", "A B??", "A* B", "(A | B)+", "A (B C?)*", "A{2} B{0,1}", "PERMUTE(A, B)", "^A B*", "A* B$", "A* B*", "A {- B -} C*", "B* A", "(A B){1,2}", "B | A B")
	seek := ""
	if q.chance(3) {
		seek = pick(q.dice, " INITIAL", " SEEK")
	}
	defines := []string{
		pick(q.dice, "A AS a > 1", "A AS b = 'x'", "A AS true", "A AS A.a IS NOT NULL", "A AS NEXT(a) IS NOT NULL"),
		pick(q.dice, "B AS B.a > PREV(B.a)", "B AS a >= FIRST(A.a)", "B AS b <> 'x'", "B AS count(*) < 4", "B AS a = LAST(A.a) OR b IS NULL", "B AS sum(U.a) > 3", "B AS B.a = NEXT(B.a)"),
	}
	if strings.Contains(shape, "C") {
		defines = append(defines, "C AS C.a > 2")
	}
	sql := fmt.Sprintf("SELECT * FROM t%d MATCH_RECOGNIZE (", table) + strings.TrimPrefix(partition, " ") + order + " MEASURES " + strings.Join(measures[:1+q.IntN(3)], ", ") + rows + skip +
		seek + " PATTERN (" + shape + ") SUBSET U = (A, B) DEFINE " + strings.Join(defines, ", ") + ") AS p"
	return selected{sql, []datatype.Type{datatype.Of(datatype.Unknown)}}
}
