package duckdb

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Trino compares arrays and rows from their start, and fails where it comes upon a
// NULL in one of them before they have turned out to be different. Whether it does is
// seen from rows that are neighbours once they are in order: two that only NULL would
// tell apart have no others between them. So such a key orders by bytes in which NULL
// has a place, and a function looks at each row and the one before it.

// ordering is an ORDER BY, rendered.
type ordering struct {
	by     string // the keys with their directions
	values []string
	types  []datatype.Type // of values: the keys up to the last array or row
}

func isNested(t datatype.Type) bool { return t.Kind == datatype.Array || t.Kind == datatype.Row }

// ordering renders keys. single says that each must be one expression, for a RANGE
// frame adds to it.
func (r *renderer) ordering(ctx context.Context, keys []plan.SortKey, single bool) (ordering, error) {
	var o ordering
	var parts, values []string
	for i, k := range keys {
		t := k.Expr.Type()
		x, err := r.expr(ctx, k.Expr)
		if err != nil {
			return o, err
		}
		key, err := r.sortKey(x, t, k.NullsFirst)
		if err != nil {
			return o, err
		}
		if _, isConst := k.Expr.(*plan.Const); isConst {
			key = "(" + key + " IS NULL)" // a bare number would be a position
		}
		if isFloat(t) && k.NullsFirst && !single {
			parts = append(parts, nanLeast(x, k.Descending))
		}
		parts, values = append(parts, key+direction(k)), append(values, x)
		if o.types = append(o.types, t); isNested(t) {
			o.values = values[:i+1]
		}
	}
	o.by, o.types = strings.Join(parts, ", "), o.types[:len(o.values)]
	return o, nil
}

// nanLeast is a key before that of a float where NULL comes first: Trino takes NaN for
// the least number then, and for the greatest, as DuckDB does, where NULL comes last.
func nanLeast(x string, descending bool) string {
	nan, number := 1, 2
	if descending {
		nan, number = number, nan
	}
	return fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN 0 WHEN isnan(%[1]s) THEN %[2]d ELSE %[3]d END", x, nan, number)
}

// sorted renders the keys of a sort over from, and returns from with the rows looked
// at that Trino could not order. Of more than limit rows, which is -1 for all of them,
// it leaves open how they compare.
func (r *renderer) sorted(ctx context.Context, from string, keys []plan.SortKey, limit int64) (checked, by string, err error) {
	o, err := r.ordering(ctx, keys, false)
	if err != nil || len(o.values) == 0 {
		return from, o.by, err
	}
	check, err := r.neighbours(o, "")
	if err != nil {
		return "", "", err
	}
	if limit >= 0 {
		check = fmt.Sprintf("CASE WHEN row_number() OVER (ORDER BY %s) <= %d THEN %s ELSE TRUE END", o.by, limit+1, check)
	}
	r.aliases++
	ordered := fmt.Sprintf("ordered%d", r.aliases)
	inner := "SELECT *, " + check + " AS " + ordered + " FROM " + r.sub(from)
	return "SELECT * EXCLUDE (" + ordered + ") FROM " + r.sub(inner) + " WHERE " + ordered, o.by, nil
}

// neighbours renders a condition that is true, or fails where Trino cannot say which
// of a row and the one before it comes first.
func (r *renderer) neighbours(o ordering, partition string) (string, error) {
	over := " OVER (" + partition + "ORDER BY " + o.by + ")"
	f := function{Result: datatype.Of(datatype.Boolean), Body: neighbourBody{Types: o.types}}
	var args []string
	for i, value := range o.values {
		f.Params = append(f.Params, o.types[i], o.types[i])
		args = append(args, "lag("+value+")"+over, value)
	}
	return r.call(f, args)
}

// listed renders a condition that is true, or fails where Trino cannot order the rows
// of a group, which suffix filters.
func (r *renderer) listed(o ordering, suffix string) (string, error) {
	fields := make([]string, len(o.values))
	for i, value := range o.values {
		fields[i] = native.FieldName(i) + " := " + value
	}
	list := "coalesce(list(struct_pack(" + strings.Join(fields, ", ") + ") ORDER BY " + o.by + ")" + suffix + ", [])"
	return r.call(function{
		Params: []datatype.Type{datatype.ArrayOf(datatype.RowOf(nil, o.types))}, Result: datatype.Of(datatype.Boolean),
		Body: neighbourBody{Types: o.types},
	}, []string{list})
}

// neighbourBody compares rows with those before them: of each key the value before and
// the value, or a list of rows of keys.
type neighbourBody struct{ Types []datatype.Type }

func (b neighbourBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) {
		if len(args) == 1 {
			list, _ := args[0].([]any)
			for i := 1; i < len(list); i++ {
				before, _ := list[i-1].([]any)
				row, _ := list[i].([]any)
				if err := b.compare(func(key int) (any, any) { return before[key], row[key] }); err != nil {
					return nil, err
				}
			}
			return true, nil
		}
		return true, b.compare(func(key int) (any, any) { return args[2*key], args[2*key+1] })
	}, nil
}

// compare fails where the keys of two rows reach a NULL before they differ.
func (b neighbourBody) compare(key func(i int) (x, y any)) error {
	for i, t := range b.Types {
		if x, y := key(i); x != nil && y != nil {
			same, err := alike(t, x, y)
			if err != nil || !same {
				return err
			}
		} else if x != nil || y != nil {
			return nil
		}
	}
	return nil
}

// alike reports whether two values are equal, neither NULL. It fails where that depends
// on a NULL within them.
func alike(t datatype.Type, x, y any) (bool, error) {
	if !isNested(t) {
		return scalar.Key(t, x) == scalar.Key(t, y), nil
	}
	xs, _ := x.([]any)
	ys, _ := y.([]any)
	for i := range min(len(xs), len(ys)) {
		if xs[i] == nil || ys[i] == nil {
			return false, errNullInside(t)
		}
		if same, err := alike(t.Elems[min(i, len(t.Elems)-1)], xs[i], ys[i]); err != nil || !same {
			return false, err
		}
	}
	return len(xs) == len(ys), nil
}

func errNullInside(t datatype.Type) error {
	if t.Kind == datatype.Row {
		return sqlerr.New(sqlerr.NotSupported, "ROW comparison not supported for fields with null elements")
	}
	return sqlerr.New(sqlerr.NotSupported, "ARRAY comparison not supported for arrays with null elements")
}

// sortKey returns an expression that orders like values of t do in Trino.
func (r *renderer) sortKey(sql string, t datatype.Type, nullsFirst bool) (string, error) {
	switch {
	case t.Kind == datatype.Char:
		return fmt.Sprintf("rpad(%s, %d, ' ')", sql, t.Length), nil
	case t.Kind == datatype.TimeTZ:
		return fmt.Sprintf("((struct_extract(%[1]s, 't') - struct_extract(%[1]s, 'z') * %[2]d) %% %[3]d + %[3]d) %% %[3]d",
			sql, int64(time.Minute)*1000, int64(24*time.Hour)*1000), nil
	case sameOrder(t), t.Kind == datatype.Unknown, t.Kind == datatype.UUID, t.Kind == datatype.IPPrefix:
		return instantOf(t, sql), nil
	case isNested(t) && t.Orderable():
		return r.call(function{
			Params: []datatype.Type{t}, Result: datatype.Of(datatype.Varbinary), Body: orderBody{T: t, NaNLeast: nullsFirst},
		}, []string{sql})
	default:
		return "", sqlerr.Refused("ordering by " + t.String())
	}
}

// orderBody returns bytes that order as values of T do. NULL inside comes last.
type orderBody struct {
	T        datatype.Type
	NaNLeast bool
}

func (b orderBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		return b.append(nil, b.T, args[0]), nil
	}, nil
}

// What comes before a value in the bytes.
const (
	orderEnd = iota
	orderValue
	orderNull
)

func (b orderBody) append(k []byte, t datatype.Type, v any) []byte {
	if v == nil {
		return append(k, orderNull)
	}
	k = append(k, orderValue)
	switch t.Kind {
	case datatype.Array, datatype.Row:
		items, _ := v.([]any)
		for i, item := range items {
			k = b.append(k, t.Elems[min(i, len(t.Elems)-1)], item)
		}
		return append(k, orderEnd)
	case datatype.Real:
		f, _ := v.(float32)
		return b.appendFloat(k, float64(f))
	case datatype.Double:
		f, _ := v.(float64)
		return b.appendFloat(k, f)
	case datatype.Decimal:
		n, _ := v.(*big.Int)
		return appendDecimal(k, n)
	case datatype.Varchar:
		s, _ := v.(string)
		return appendText(k, s)
	case datatype.Char:
		s, _ := v.(string)
		return appendText(k, s+strings.Repeat(" ", max(0, t.Length-len([]rune(s)))))
	case datatype.Varbinary:
		s, _ := v.([]byte)
		return appendText(k, string(s))
	case datatype.UUID, datatype.IPAddress, datatype.IPPrefix, datatype.Boolean:
		return append(k, scalar.Key(t, v)[1:]...)
	default: // the key of the others is signed numbers of eight bytes
		key := []byte(scalar.Key(t, v)[1:])
		for i := 0; i < len(key); i += 8 {
			key[i] ^= 0x80
		}
		return append(k, key...)
	}
}

// appendFloat has NaN above or below all numbers.
func (b orderBody) appendFloat(k []byte, f float64) []byte {
	bits := math.Float64bits(f)
	switch {
	case math.IsNaN(f) && b.NaNLeast:
		bits = 0
	case math.IsNaN(f):
		bits = math.MaxUint64
	case f == 0:
		bits = 1 << 63
	case f < 0:
		bits = ^bits
	default:
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(k, bits)
}

// appendDecimal adds the largest magnitude, so that what is left is positive and of one width.
func appendDecimal(k []byte, n *big.Int) []byte {
	const width = 17
	shifted := new(big.Int).Lsh(big.NewInt(1), 8*width-1)
	return append(k, shifted.Add(shifted, n).FillBytes(make([]byte, width))...)
}

// appendText ends the text with what sorts before everything that could follow.
func appendText(k []byte, s string) []byte {
	for i := range len(s) {
		if k = append(k, s[i]); s[i] == 0 {
			k = append(k, 1)
		}
	}
	return append(k, 0, 0)
}
