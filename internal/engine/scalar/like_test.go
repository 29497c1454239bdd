package scalar_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

func TestLike(t *testing.T) {
	const badEscape = argument + "Escape character must be followed by '%', '_' or the escape character itself"
	runExpressions(t, []expression{
		{`'foo' LIKE 'f%'`, "true"},
		{`'foo' LIKE 'F%'`, "false"},
		{`'信念' LIKE '_念'`, "true"},
		{`'信念' LIKE '_'`, "false"},
		{`'' LIKE ''`, "true"},
		{`'' LIKE '%%'`, "true"},
		{`'a' || chr(10) || 'b' LIKE 'a_b'`, "true"},
		{`'mississippi' LIKE '%iss%ip%i'`, "true"},
		{`'mississippi' LIKE '%iss%iss%iss%'`, "false"},
		{`'aXbXc' LIKE 'a%_c'`, "true"},
		{`'ac' LIKE 'a%_c'`, "false"},
		{`'aba' LIKE 'ab%ba'`, "false"},
		{`'a%b' LIKE 'a#%b' ESCAPE '#'`, "true"},
		{`'axb' LIKE 'a#%b' ESCAPE '#'`, "false"},
		{`'a#b' LIKE 'a##b' ESCAPE '#'`, "true"},
		{`'a\b' LIKE 'a\b'`, "true"},
		{`'South_America' LIKE 'South\_America' ESCAPE '\'`, "true"},
		{`'a' LIKE '#a' ESCAPE '#'`, badEscape},
		{`'a' LIKE 'a#' ESCAPE '#'`, badEscape},
		{`'a' LIKE 'a' ESCAPE '##'`, argument + "Escape string must be a single character"},
		{`CAST('ab' AS char(4)) LIKE 'ab'`, "false"},
		{`CAST('ab' AS char(4)) LIKE 'ab__'`, "true"},
		{`NULL LIKE 'a'`, "null"},
	})
}

func like(tb testing.TB) scalar.Function {
	tb.Helper()
	f, ok := scalar.Lookup(plan.OpLike, []datatype.Type{datatype.Text(), datatype.Text()}, datatype.Of(datatype.Boolean))
	if !ok {
		tb.Fatal("no form")
	}
	return f
}

// A pattern must match as the regular expression does that it stands for.
func FuzzLike(f *testing.F) {
	for _, seed := range [][2]string{{"", ""}, {"foo", "f%"}, {"信念", "_念"}, {"mississippi", "%iss%ip_i"}, {"aab", "%_ab"}, {"a\nb", "a_b%"}} {
		f.Add(seed[0], seed[1])
	}
	match := like(f)
	f.Fuzz(func(t *testing.T, text, pattern string) {
		text, pattern = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(pattern, "?")
		quoted := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile(`(?s)\A` + quoted + `\z`).MatchString(text)
		got, err := match.Call(work.New(t.Context(), time.Time{}), []any{text, pattern})
		if err != nil || got != want {
			t.Errorf("%q LIKE %q is %v (%v), want %v", text, pattern, got, err, want)
		}
	})
}

func BenchmarkLike(b *testing.B) {
	match := like(b)
	args := []any{"arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "%:role/aws-service-role/%Config"}
	for b.Loop() {
		if v, err := match.Call(work.New(b.Context(), time.Time{}), args); err != nil || v != true {
			b.Fatal(v, err)
		}
	}
}
