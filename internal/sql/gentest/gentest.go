package gentest

import (
	"math/rand/v2"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// maxDepth is how deep expressions are nested at most.
const maxDepth = 3

func newWriter(seed uint64) *writer {
	return &writer{dice: dice{rand.New(rand.NewPCG(seed, 0x51110c))}} //nolint:gosec // questions need to be repeatable, not secret
}

// Expression returns a SELECT of one expression over no table. The same seed
// always gives the same text, as long as this package and the functions that are
// known stay as they are.
func Expression(seed uint64) string {
	w := newWriter(seed)
	return "SELECT " + w.expr(w.anyType(2), 1+w.IntN(maxDepth))
}

// Statement returns a SELECT over small tables: joins, subqueries, groups,
// windows, set operations. What is said of seeds at Expression holds.
func Statement(seed uint64) string {
	q := &query{writer: newWriter(seed)}
	return q.statement()
}

// tables are what statements ask of. They hold NULLs, rows that repeat, and
// values that are in one and not in the other.
const tables = `WITH t1(a, b, c) AS (VALUES (1, 'x', 1.5), (2, 'y', NULL), (2, 'x', 2.5), (2, 'x', 2.5), (3, NULL, -1.0), (NULL, 'z', 0.0), (5, 'x', 2.5)),
t2(a, b, d) AS (VALUES (1, 'x', DATE '2024-05-01'), (2, 'q', DATE '2024-05-02'), (2, NULL, DATE '2024-05-01'), (4, 'y', NULL), (NULL, NULL, DATE '2024-04-30'), (5, 'x', DATE '2024-05-01')),
t3(a, e, f) AS (VALUES (1, ARRAY[1, 2], 1.5e0), (2, ARRAY[], NULL), (3, NULL, -2e0), (NULL, ARRAY[3, NULL], 1.5e0), (2, ARRAY[2, 2], 0e0))
`

func tableColumns(table int) []column {
	integer, text := datatype.Of(datatype.Integer), datatype.VarcharOf(1)
	switch table {
	case 1:
		return []column{{"a", integer}, {"b", text}, {"c", datatype.DecimalOf(2, 1)}}
	case 2:
		return []column{{"a", integer}, {"b", text}, {"d", datatype.Of(datatype.Date)}}
	default:
		return []column{{"a", integer}, {"e", datatype.ArrayOf(integer)}, {"f", datatype.Of(datatype.Double)}}
	}
}
