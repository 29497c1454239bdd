package function_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/function"
)

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string // the result, or the error
	}{
		{"lower", []string{"varchar(3)"}, "varchar(3)"},
		{"abs", []string{"unknown"}, "tinyint"},
		{"avg", []string{"integer"}, "double"},
		{"sum", []string{"decimal(10,2)"}, "decimal(38,2)"},
		{"$add", []string{"integer", "bigint"}, "bigint"},
		{"$add", []string{"integer", "decimal(2,1)"}, "decimal(12,1)"},
		{"$subtract", []string{"date", "date"}, "interval day to second"},
		{"$divide", []string{"decimal(5,2)", "decimal(3,1)"}, "decimal(6,2)"},
		{"greatest", []string{"integer", "double", "unknown"}, "double"},
		{"map", []string{"array(varchar(1))", "array(integer)"}, "map(varchar(1), integer)"},
		{"element_at", []string{"map(varchar, bigint)", "varchar(3)"}, "bigint"},
		{"concat", []string{"array(integer)", "bigint"}, "array(bigint)"},
		{"date", []string{"date"}, "date"},
		{"power", []string{"integer", "integer"}, "double"},
		{"substring", []string{"varchar(7)", "integer"}, "varchar(7)"},
		{"codepoint", []string{"varchar(4)"}, "Unexpected parameters (varchar(4)) for function codepoint. Expected: codepoint(varchar(1))"},
		{"no_such", nil, "function not registered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var args []function.Argument
			for _, text := range tt.args {
				parsed, err := datatype.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				args = append(args, function.Argument{Type: parsed})
			}
			b, err := function.Resolve(tt.name, args)
			var got string
			if err != nil {
				got = err.Error()
			} else {
				got = b.Result.String()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Resolve(%s, %v) (-want +got):\n%s", tt.name, tt.args, diff)
			}
		})
	}
}

func TestResolveLambda(t *testing.T) {
	numbers := datatype.ArrayOf(datatype.Of(datatype.Integer))
	var saw []datatype.Type
	b, err := function.Resolve("transform", []function.Argument{
		{Type: numbers},
		{Lambda: func(params []datatype.Type) (datatype.Type, error) {
			saw = params
			return datatype.Text(), nil
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := b.Result.String(), "array(varchar)"; got != want {
		t.Errorf("result %s, want %s", got, want)
	}
	if len(saw) != 1 || saw[0].Kind != datatype.Integer {
		t.Errorf("lambda was asked for %v", saw)
	}
	failed := errors.New("body")
	_, err = function.Resolve("filter", []function.Argument{
		{Type: numbers},
		{Lambda: func([]datatype.Type) (datatype.Type, error) { return datatype.Type{}, failed }},
	})
	if !errors.Is(err, failed) {
		t.Errorf("got %v, want the lambda's own error", err)
	}
}
