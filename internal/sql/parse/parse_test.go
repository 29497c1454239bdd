package parse_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
)

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		want         []string
	}{
		{name: "empty", script: " \n-- nothing\n"},
		{name: "one without semicolon", script: "SELECT 1", want: []string{"SELECT 1"}},
		{name: "semicolons in strings, names and comments", script: "SELECT ';', \"a;b\" -- ;\n /* ; */ ; SELECT 2;;", want: []string{
			"SELECT ';', \"a;b\" -- ;\n /* ; */", "SELECT 2",
		}},
		{name: "a backslash is nothing special in Trino", script: `SELECT '\'; SELECT 2`, want: []string{`SELECT '\'`, "SELECT 2"}},
		{name: "a backslash hides a quote in Hive", script: `ALTER TABLE t SET TBLPROPERTIES ('a' = '\';'); SELECT 2`, want: []string{
			`ALTER TABLE t SET TBLPROPERTIES ('a' = '\';')`, "SELECT 2",
		}},
		{name: "a comment before a statement stays", script: "-- one\nSELECT 1;\n-- two\nSELECT 2;\n", want: []string{"-- one\nSELECT 1", "-- two\nSELECT 2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parse.Split(tt.script)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHiveType(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"STRING", "string"},
		{"Integer", "int"},
		{" decimal ( 10 , 2 ) ", "decimal(10,2)"},
		{"NUMERIC(4)", "decimal(4,0)"},
		{"double precision", "double"},
		{"array < struct < A : int, `b-C`: map<string,array<bigint>> > >", "array<struct<a:int,`b-c`:map<string,array<bigint>>>>"},
		{"uniontype<int,string>", "uniontype<int,string>"},
	} {
		got, err := parse.HiveType(tt.src)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.src, got, tt.want)
		}
	}
	for _, src := range []string{"", "array<int", "struct<a int>", "varchar", "bigint(3)", "row(a int)", "map<int>"} {
		if got, err := parse.HiveType(src); err == nil {
			t.Errorf("%q is read as %s", src, got)
		}
	}
}

func TestType(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"BIGINT", "bigint"},
		{"varchar(25)", "varchar(25)"},
		{"decimal(p, 2)", "decimal(p, 2)"},
		{"double precision", "double"},
		{"timestamp(3) with time zone", "timestamp with time zone(3)"},
		{"time without time zone", "time"},
		{"interval year to month", "interval year to month"},
		{"bigint array array", "array(array(bigint))"},
		{"array<map<varchar, bigint>>", "array(map(varchar, bigint))"},
		{
			"row(bigint, x double precision, double precision, timestamp with time zone, y timestamp, bigint array, z array(bigint))",
			"row(bigint, x double, double, timestamp with time zone, y timestamp, array(bigint), z array(bigint))",
		},
	} {
		got, err := parse.Type(tt.src)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		if s := spell(got); s != tt.want {
			t.Errorf("%s: got %s, want %s", tt.src, s, tt.want)
		}
	}
}

// spell writes a type out.
func spell(t *ast.Type) string {
	var params []string
	for _, p := range t.Params {
		s := ""
		if p.Name != nil {
			s = p.Name.Name + " "
		}
		switch {
		case p.Number != nil:
			s += string(rune('0' + *p.Number/10))
			s = strings.TrimPrefix(s, "0") + string(rune('0'+*p.Number%10))
		case p.Type != nil:
			s += spell(p.Type)
		}
		params = append(params, s)
	}
	if params == nil {
		return t.Name
	}
	return t.Name + "(" + strings.Join(params, ", ") + ")"
}

// TestTooDeep nests everything that nests: the answer is an error, not a
// stack overflow.
func TestTooDeep(t *testing.T) {
	const n = 100_000
	for name, sql := range map[string]string{
		"brackets":       "SELECT " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n),
		"open brackets":  "SELECT " + strings.Repeat("(", n),
		"not":            "SELECT " + strings.Repeat("NOT ", n) + "a",
		"signs":          "SELECT " + strings.Repeat("- ", n) + "a",
		"sum":            "SELECT 1" + strings.Repeat(" + 1", n),
		"fields":         "SELECT a" + strings.Repeat(".a", n),
		"subscripts":     "SELECT a" + strings.Repeat("[1]", n),
		"calls":          "SELECT " + strings.Repeat("f(", n) + strings.Repeat(")", n),
		"lambdas":        "SELECT " + strings.Repeat("x -> ", n) + "1",
		"case":           "SELECT " + strings.Repeat("CASE WHEN ", n),
		"arrays":         "SELECT " + strings.Repeat("ARRAY[", n),
		"types":          "SELECT CAST(1 AS " + strings.Repeat("array(", n) + "bigint" + strings.Repeat(")", n) + ")",
		"suffixes":       "SELECT CAST(1 AS bigint " + strings.Repeat(" array", n) + ")",
		"from":           "SELECT * FROM " + strings.Repeat("(", n),
		"joins":          "SELECT * FROM t" + strings.Repeat(" JOIN t", n),
		"commas":         "SELECT * FROM t" + strings.Repeat(", t", n),
		"unions":         "SELECT 1" + strings.Repeat(" UNION SELECT 1", n),
		"queries":        strings.Repeat("(", n) + "SELECT 1",
		"with":           strings.Repeat("WITH a AS (", n),
		"explain":        strings.Repeat("EXPLAIN ", n) + "SELECT 1",
		"hive types":     "CREATE EXTERNAL TABLE t (a " + strings.Repeat("array<", n) + ")",
		"hive structs":   "CREATE EXTERNAL TABLE t (a " + strings.Repeat("struct<a:", n) + ")",
		"function begin": "WITH FUNCTION f() RETURNS int " + strings.Repeat("BEGIN ", n),
	} {
		if _, err := parse.Statement(sql); err == nil {
			t.Errorf("%s: %d levels are read", name, n)
		}
	}
	wide := "SELECT 1 WHERE a = 1" + strings.Repeat(" OR a = 1", n)
	if _, err := parse.Statement(wide); err != nil {
		t.Errorf("a wide condition: %v", err)
	}
}

func TestOneStatement(t *testing.T) {
	for _, sql := range []string{"SELECT 1; SELECT 2", "DROP TABLE t; DROP TABLE u", "GRANT a TO b; SELECT 1"} {
		_, err := parse.Statement(sql)
		if want := "Only one sql statement is allowed. Got: " + sql; err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", sql, err, want)
		}
	}
	for _, sql := range []string{"SELECT 1;", "SELECT 1 ; ;\n-- end", "DROP TABLE t;"} {
		if _, err := parse.Statement(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// seeds are texts from which the fuzz tests start.
var seeds = []string{
	"", "SELECT 1", "SELECT 'a''b' || U&'\\0041' UESCAPE '!', X'00', 1e5, .5, 0x1F, \"a\"\"b\" -- c\n",
	"SELECT f(DISTINCT a ORDER BY b) FILTER (WHERE c) OVER (PARTITION BY d ROWS 1 PRECEDING), (x, y) -> x[1].z FROM t",
	"WITH a(b) AS (VALUES (1, 2)) SELECT * FROM ((SELECT 1) UNION SELECT 2) x JOIN y USING (z) GROUP BY ROLLUP (a) LIMIT 1",
	"SELECT CAST(a AS row(x decimal(1,2), timestamp(3) with time zone)) AT TIME ZONE INTERVAL '1' HOUR",
	"CREATE EXTERNAL TABLE `a.b` (c struct<d:int,`e f`:array<map<string,int>>> COMMENT 'x\\'y') PARTITIONED BY (date string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t'",
	"ALTER TABLE t ADD IF NOT EXISTS PARTITION (a = 'b', c = -1) LOCATION 's3://x'", "SHOW TABLES IN a 'b*'", "DESCRIBE \"a\".\"b\" PARTITION (c = 1) d",
	"CREATE TABLE t WITH (a = ARRAY['b']) AS SELECT 1", "SELECT `a`, 1a, \"\", “x”, $$ FROM t; ; SELECT", "MERGE INTO a USING b ON c WHEN MATCHED THEN DELETE",
	"WITH FUNCTION f(x bigint) RETURNS bigint BEGIN DECLARE y int; IF x THEN RETURN 1; END IF; END SELECT f(1)",
	"SELECT JSON_VALUE(a, 'lax $' RETURNING int DEFAULT 1 ON EMPTY), LISTAGG(a, ',') WITHIN GROUP (ORDER BY b), TRIM(BOTH FROM x)",
}

// checkError checks that a failure lies within the text and is worded.
func checkError(t *testing.T, src string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	e, ok := errors.AsType[*parse.Error](err)
	if !ok {
		t.Fatalf("%q: not a parse.Error: %v", src, err)
	}
	if e.Pos < 0 || int(e.Pos) > len(src) || e.Line < 1 || e.Column < 1 || e.Message == "" {
		t.Fatalf("%q: error out of place: %+v", src, e)
	}
	if strings.HasSuffix(e.Message, "Expecting: ") {
		t.Fatalf("%q: expects nothing: %v", src, e)
	}
}

func FuzzStatement(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		s, err := parse.Statement(src)
		checkError(t, src, err)
		if (s == nil) != (err != nil) {
			t.Fatalf("%q: %v with %v", src, s, err)
		}
	})
}

func FuzzExpression(f *testing.F) {
	for _, seed := range seeds {
		f.Add(strings.TrimPrefix(seed, "SELECT "))
	}
	f.Fuzz(func(t *testing.T, src string) {
		_, err := parse.Expression(src)
		checkError(t, src, err)
		list, source, several := parse.Expressions([]string{"1", src})
		switch {
		case (err == nil) != (several == nil):
			t.Fatalf("%q: %v alone and %v among others", src, err, several)
		case err != nil && source != src && source != "1":
			t.Fatalf("%q: the text at fault is %q", src, source)
		case err == nil && (len(list) != 2 || source != "1, "+src):
			t.Fatalf("%q: %d expressions in %q", src, len(list), source)
		}
	})
}

func FuzzTypes(f *testing.F) {
	for _, seed := range []string{"struct<a:int>", "row(a bigint, b array(varchar(3)))", "array<map<string,decimal(1,2)>>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		text, err := parse.HiveType(src)
		checkError(t, src, err)
		if err == nil {
			again, err := parse.HiveType(text)
			if err != nil || again != text {
				t.Fatalf("%q gives %q, which gives %q: %v", src, text, again, err)
			}
		}
		_, err = parse.Type(src)
		checkError(t, src, err)
	})
}

// FuzzSplit checks that the pieces of a script stand in it, in order, and that
// only white space, semicolons and comments lie between.
func FuzzSplit(f *testing.F) {
	f.Add(strings.Join(seeds, ";\n"))
	f.Fuzz(func(t *testing.T, script string) {
		at := 0
		for _, piece := range parse.Split(script) {
			i := strings.Index(script[at:], piece)
			if i < 0 || piece == "" {
				t.Fatalf("%q: %q is not in it", script, piece)
			}
			at += i + len(piece)
		}
	})
}
