package scalar_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// hostile are expressions that ask for more than there is.
func hostile() map[string]string {
	replace := "'xxxxxxxxxx'"
	for range 12 {
		replace = "replace(" + replace + ", 'x', 'xxxxxxxxxx')"
	}
	million := "rpad('', 1000000, 'ab')"
	deep := strings.Repeat(`[`, 20_000)
	return map[string]string{
		"a state that doubles":               "length(reduce(sequence(1,40),'xx',(s,x)->s||s,s->s))",
		"a state that doubles by concat":     "length(reduce(sequence(1,40),'xx',(s,x)->concat(s,s),s->s))",
		"a state of bytes that doubles":      "length(reduce(sequence(1,40),x'00',(s,x)->s||s,s->s))",
		"an array that doubles":              "cardinality(reduce(sequence(1,40),ARRAY[1],(s,x)->s||s,s->s))",
		"an array that is flattened":         "cardinality(reduce(sequence(1,40),ARRAY[1],(s,x)->flatten(ARRAY[s,s]),s->s))",
		"nested transforms":                  "transform(sequence(1,10000),x->transform(sequence(1,10000),y->transform(sequence(1,10000),z->z)))",
		"nested loops that keep nothing":     "reduce(sequence(1,10000),0,(s,x)->s+reduce(sequence(1,10000),0,(t,y)->t+1,t->t),s->s)",
		"nested searches":                    "any_match(sequence(1,10000),x->any_match(sequence(1,10000),y->any_match(sequence(1,10000),z->z=0)))",
		"twelve replacements":                replace,
		"a replacement of every character":   "replace(" + million + ", '', " + million + ")",
		"a pattern's replacement":            "regexp_replace(" + million + ", 'a', " + million + ")",
		"a replacement of groups":            "regexp_replace(" + million + ", '(.*)', '" + strings.Repeat("$1", 1000) + "')",
		"a replacement by a function":        "regexp_replace(" + million + ", '(a)', x -> " + million + ")",
		"every character matched":            "regexp_extract_all(rpad('', 60000000, 'ab'), '.')",
		"every character split":              "split(rpad('', 60000000, 'ab'), 'a')",
		"a long filling":                     "lpad('', 2147483647, 'x')",
		"a long filling of bytes":            "rpad(x'', 2147483647, x'00')",
		"texts that are joined":              "array_join(transform(sequence(1,10000), x->" + million + "), ',')",
		"texts that are joined with":         "concat_ws(" + million + ", transform(sequence(1,1000), x->'a'))",
		"a wide format":                      "format('" + strings.Repeat("%1000000d", 300) + "', " + strings.Repeat("1, ", 299) + "1)",
		"a format of large values":           "format('" + strings.Repeat("%1$s", 300) + "', " + million + ")",
		"an array that refers to one text":   "transform(sequence(1,10000), x->" + million + ")",
		"json of one text many times":        "CAST(transform(sequence(1,10000), x->" + million + ") AS json)",
		"keys of one text many times":        "array_distinct(transform(sequence(1,10000), x->" + million + "))",
		"ngrams":                             "ngrams(sequence(1,10000), 5000)",
		"zip":                                "reduce(sequence(1,40),ARRAY[1],(s,x)->transform(zip(s||s,s||s),r->1),s->s)",
		"a map of maps":                      "transform_values(map(sequence(1,10000),sequence(1,10000)),(k,v)->map(sequence(1,10000),sequence(1,10000)))",
		"a sort by a function":               "array_sort(sequence(1,10000),(a,b)->reduce(sequence(1,10000),0,(t,y)->t+1,t->IF(a<b,1,-1)))",
		"a pattern that tries every way":     `regexp_like(rpad('', 5000, 'a'), '^(a+)+\1\1b$')`,
		"a pattern over a line's end":        "regexp_like(rpad('', 50, 'a') || 'b' || chr(10), '(a+)+$')",
		"a pattern that looks around":        "regexp_like(rpad('', 5000, 'a'), '(?=(a+)+b)x')",
		"a pattern that reads to the end":    "regexp_count(rpad('', 2000000, 'a'), 'a.*b|a')",
		"a like that tries every place":      "rpad('', 2000000, 'a') LIKE '%" + strings.Repeat("_", 20_000) + "b%'",
		"json that is nested":                "json_parse('" + strings.Repeat(`{"a":`, 19_000) + "1" + strings.Repeat("}", 19_000) + "')",
		"json that is nested and not closed": "json_extract('" + deep + "', '$[0][0]')",
		"a path that looks everywhere":       `JSON_EXISTS('` + strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000) + `', 'lax $` + strings.Repeat("..a", 6) + `')`,
		"an array out of json":               "CAST(json_parse('[' || rpad('', 40000001, '0,') || ']') AS array(bigint))",
		"a decimal of a large exponent":      "CAST('1e999999999' AS decimal(38,0))",
		"a decimal of a small exponent":      "CAST('1e-999999999' AS decimal(38,0))",
		"characters of one that become many": "normalize(rpad('', 20000000, U&'\\FDFA'), NFKD)",
		"characters of a char":               "reduce(sequence(1,10000),'',(s,x)->s||CAST(CAST('' AS char(60000)) AS varchar),s->s)",
		"text of digits":                     "CAST(rpad('', 60000000, '9') AS decimal(38,0))",
		"a number out of text":               "CAST(rpad('1', 60000000, '0') AS bigint)",
		"a split by keys":                    "split_to_map(rpad('', 30000000, 'a=1,'), ',', '=')",
		"many parts of a map":                "split_to_multimap(rpad('', 60000000, 'a=1,'), ',', '=')",
	}
}

// Each is a named error, or an answer, within a second and in bounded memory.
func TestHostileExpressions(t *testing.T) {
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			e, err := analyzed(t, "SELECT "+src)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			began := time.Now()
			_, err = eval.Fold(t.Context(), e, time.Unix(0, 0).UTC())
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			if err != nil {
				if _, named := errors.AsType[*sqlerr.Error](err); !named {
					t.Errorf("a failure without a name: %v", err)
				}
			}
			// What was made in all, garbage among it; a machine under load is slow.
			made := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%s, %d MB: %.120v", took.Round(time.Millisecond), made, err)
			if made > 1000 || took > 10*time.Second {
				t.Errorf("took %s and made %d MB", took, made)
			}
		})
	}
}

// Whoever asked has gone: the evaluation ends soon, and says why.
func TestHostileExpressionsAreCancelled(t *testing.T) {
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			e, err := analyzed(t, "SELECT "+src)
			if err != nil {
				t.Fatal(err)
			}
			program, err := eval.Compile(e, nil, time.Unix(0, 0).UTC())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			began := time.Now()
			_, err = program.Eval(ctx, nil)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("went on for %s: %v", took, err)
			}
		})
	}
}
