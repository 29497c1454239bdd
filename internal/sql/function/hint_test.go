package function_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/function"
)

func TestHint(t *testing.T) {
	for name, want := range map[string]string{
		"lenth":              "did you mean 'length'?",
		"cardnality":         "did you mean 'cardinality'?",
		"json_exract_scalar": "did you mean 'json_extract_scalar'?",
		"IFNULL":             "write coalesce(x, y)",
		"datediff":           "write date_diff('day', x, y)",
		"string_agg":         "write listagg(x, ',') WITHIN GROUP (ORDER BY x), or array_join(array_agg(x), ',')",
		"to_char":            "write date_format(x, '%Y-%m-%d') for a time, CAST(x AS varchar) for a number",
		"xyzzy_plugh":        "",
		"":                   "",
	} {
		if diff := cmp.Diff(want, function.Hint(name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A function that there is needs no hint, and what a hint names has to be there.
func TestHintsAreOfFunctionsThatAreMissing(t *testing.T) {
	for _, name := range function.Names(function.Scalar) {
		if len(name) < 3 {
			continue // too short to be meant by another
		}
		if hint := function.Hint(name); hint != "did you mean '"+name+"'?" {
			t.Errorf("%s: %s", name, hint)
		}
	}
}
