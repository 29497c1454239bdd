package native_test

import (
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func open(t *testing.T, o native.Options) *native.DB {
	t.Helper()
	db, err := native.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// values are one or more values of every type that has a place in DuckDB.
func values() map[string][]any {
	wide, _ := new(big.Int).SetString("-12345678901234567890123456789012345678", 10)
	return map[string][]any{
		"boolean":                          {true, false},
		"tinyint":                          {int64(-128)},
		"smallint":                         {int64(32767)},
		"integer":                          {int64(-2147483648)},
		"bigint":                           {int64(9223372036854775807)},
		"real":                             {float32(0.1)},
		"double":                           {1e300},
		"decimal(4,2)":                     {big.NewInt(-9999)},
		"decimal(9,0)":                     {big.NewInt(999999999)},
		"decimal(18,3)":                    {big.NewInt(-1)},
		"decimal(38,5)":                    {wide},
		"varchar":                          {"", "short", strings.Repeat("long ", 10), "zero\x00byte", "한글"},
		"char(5)":                          {"a"},
		"json":                             {`{"a":1}`},
		"varbinary":                        {[]byte{}, []byte("\x00\xff"), make([]byte, 100)},
		"date":                             {int64(-1), int64(20000)},
		"time(12)":                         {value.Time{Picos: 86399999999999999}},
		"time(3) with time zone":           {value.TimeTZ{Picos: 1, OffsetMinutes: -330}},
		"timestamp(3)":                     {value.Timestamp{Micros: -1000}},
		"timestamp(12)":                    {value.Timestamp{Micros: -1, Picos: 999999}, value.Timestamp{Micros: 1 << 55, Picos: 1}},
		"timestamp(3) with time zone":      {value.TimestampTZ{Micros: 1000, Zone: "Asia/Seoul"}},
		"timestamp(9) with time zone":      {value.TimestampTZ{Micros: -7, Picos: 5000, Zone: "+09:00"}},
		"interval day to second":           {int64(-86400000)},
		"interval year to month":           {int64(14)},
		"uuid":                             {[16]byte{1, 15: 255}},
		"ipaddress":                        {[16]byte{10: 255, 11: 255, 12: 10}},
		"ipprefix":                         {value.Prefix{Address: [16]byte{0: 32}, Length: 12}},
		"array(integer)":                   {[]any{}, []any{int64(1), nil, int64(3)}},
		"array(array(varchar))":            {[]any{[]any{"a", strings.Repeat("b", 50)}, nil, []any{}}},
		"map(varchar, array(integer))":     {&value.Map{Keys: []any{"k", "l"}, Values: []any{[]any{int64(1)}, nil}}},
		"row(a integer, b array(varchar))": {[]any{nil, []any{"x", nil}}, []any{int64(1), nil}},
		"array(row(a integer, t time(0)))": {[]any{[]any{int64(1), value.Time{Picos: 0}}, nil}},
	}
}

// TestValuesThere and back: a function in Go hands each value to DuckDB, a second
// one takes it from there, the result brings it out.
func TestValuesThereAndBack(t *testing.T) {
	for name, list := range values() {
		t.Run(name, func(t *testing.T) {
			typ, err := datatype.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			list := append([]any{nil}, list...)
			db := open(t, native.Options{})
			bigint := datatype.Of(datatype.Bigint)
			var passed []any
			define(t, db, native.Function{
				Name: "give", Params: []datatype.Type{bigint}, Result: typ, Volatile: true,
				Call: func(args []any) (any, error) {
					n, ok := args[0].(int64)
					if !ok {
						return nil, fmt.Errorf("a %T for a bigint", args[0])
					}
					return list[n%int64(len(list))], nil
				},
			})
			define(t, db, native.Function{
				Name: "pass", Params: []datatype.Type{typ}, Result: typ, Volatile: true,
				Call: func(args []any) (any, error) { passed = append(passed, args[0]); return args[0], nil },
			})
			const rows = 5000 // more than two vectors
			result, err := db.Query(t.Context(), "SELECT pass(give(range)) FROM range(5000)", []datatype.Type{typ})
			if err != nil {
				t.Fatal(err)
			}
			defer result.Close()
			n := 0
			if err := result.Each(func(row []any) error {
				if diff := cmp.Diff(list[n%len(list)], row[0], cmp.Comparer(equalBig)); diff != "" {
					return errors.New(diff)
				}
				n++
				return nil
			}); err != nil || n != rows || len(passed) != rows {
				t.Errorf("%d rows, %d passed: %v", n, len(passed), err)
			}
			sql, err := native.TypeSQL(typ)
			if err != nil {
				t.Fatal(err)
			}
			null, err := db.Query(t.Context(), "SELECT CAST(NULL AS "+sql+")", []datatype.Type{typ})
			if err != nil {
				t.Fatal(err)
			}
			null.Close()
		})
	}
}

func equalBig(a, b *big.Int) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Cmp(b) == 0
}

func define(t *testing.T, db *native.DB, f native.Function) {
	t.Helper()
	if err := db.Define(f); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsKeepTheirName(t *testing.T) {
	db := open(t, native.Options{})
	text := datatype.Text()
	define(t, db, native.Function{
		Name: "break_it", Params: []datatype.Type{text}, Result: text,
		Call: func([]any) (any, error) { return nil, sqlerr.New("SOME_NAME", "some 'message'\nin lines") },
	})
	define(t, db, native.Function{
		Name: "panic_now", Params: []datatype.Type{text}, Result: text,
		Call: func([]any) (any, error) { panic("oh") },
	})
	for sql, want := range map[string]string{
		"SELECT break_it(x) FROM (VALUES ('a')) t(x)":  "SOME_NAME",
		"SELECT panic_now(x) FROM (VALUES ('a')) t(x)": "GENERIC_INTERNAL_ERROR",
	} {
		result, err := db.Query(t.Context(), sql, []datatype.Type{text})
		if err == nil {
			err = result.Each(func([]any) error { return nil })
			result.Close()
		}
		failed, ok := errors.AsType[*sqlerr.Error](err)
		if !ok || failed.Name != want {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestOnlyGivenFoldersAreRead(t *testing.T) {
	dir := t.TempDir()
	writer, err := native.Open(native.Options{Folders: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	other := filepath.Join(t.TempDir(), "other.parquet")
	bigint := []datatype.Type{datatype.Of(datatype.Bigint)}
	for _, sql := range []string{
		"SELECT * FROM read_parquet('" + other + "')", "SELECT 1::BIGINT FROM read_text('/etc/passwd')",
		"COPY (SELECT 1) TO '" + other + "'", "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true",
		"ATTACH '" + other + "'",
	} {
		result, err := writer.Query(t.Context(), sql, bigint)
		if err == nil {
			err = result.Each(func([]any) error { return nil })
			result.Close()
		}
		if err == nil {
			t.Errorf("%s is allowed", sql)
		}
	}
}
