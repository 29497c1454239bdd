package scalar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
)

func TestRegexp(t *testing.T) {
	runExpressions(t, []expression{
		{`regexp_like('Hello', '^(?i)[a-z]+$')`, "true"},
		{`regexp_like('hello' || chr(10) || 'world', 'hello.world')`, "false"},
		{`regexp_like('hello' || chr(10) || 'world', '(?s)hello.world')`, "true"},
		{`regexp_like('world' || chr(10), 'world$')`, "true"},
		{`regexp_like('world' || chr(10), 'world\z')`, "false"},
		{`regexp_like('a' || chr(10) || 'b', '^b$')`, "false"},
		{`regexp_like('a' || chr(10) || 'b', '(?m)^b$')`, "true"},
		{`regexp_like('信念', '^\w+$')`, "false"},
		{`regexp_like('٣', '\d')`, "false"},
		{`regexp_like('ala  ', CHAR 'ala  ')`, "true"},
		{`regexp_like('abab', '^(ab)\1$')`, "true"},
		{`regexp_like('foobar', 'foo(?=bar)')`, "true"},
		{`regexp_like('foobaz', 'foo(?!baz)')`, "false"},
		{`regexp_like('price: 10', '(?<=price: )\d+')`, "true"},
		{`regexp_like('a.b', '\Qa.b\E')`, "true"},
		{`regexp_like('aaa', 'a++a')`, "false"},
		{`regexp_like('bd', '^[a-d&&[^c]]+$')`, "true"},
		{`regexp_like('bcd', '^[a-d&&[^c]]+$')`, "false"},
		{`regexp_like('x-1', '^[[:alpha:]]-[[:digit:]]$')`, "true"},
		{`regexp_like('É', '(?i)é')`, "true"},
		{`regexp_like('A', '(?i)[^a]')`, "false"},
		{`regexp_like('Ж', '\p{Cyrillic}')`, "true"},
		{`regexp_like('a{', 'a{')`, "true"},
		{`regexp_extract('Hello world bye', '\b[a-z]([a-z]*)')`, "world"},
		{`regexp_extract('Hello world bye', '\b[a-z]([a-z]*)', 1)`, "orld"},
		{`regexp_extract('12345', 'x')`, "null"},
		{`regexp_extract('b', '(a)?b', 1)`, "null"},
		{`regexp_extract('a', '(a)', 2)`, argument + "Pattern has 1 groups. Cannot access group 2"},
		{`regexp_extract('a', '(a)', -1)`, argument + "Group cannot be negative"},
		{`regexp_extract_all('rat cat' || chr(10) || 'bat', '(.)at', 1)`, "[r, c, b]"},
		{`regexp_extract_all('12', '')`, "[, , ]"},
		{`regexp_extract_all('ab', '^.')`, "[a]"},
		{`regexp_extract_all('a b', '\b')`, "[, , , ]"},
		{`regexp_split('a1b2c', '\d')`, "[a, b, c]"},
		{`regexp_split('信a', '')`, "[, 信, a, ]"},
		{`regexp_count('a1b2346c3d', '\d+')`, "3"},
		{`regexp_count('', '')`, "1"},
		{`regexp_position('信9a9', '9', 3)`, "4"},
		{`regexp_position('natasha, 9102, miss you', '\s', 10, 2)`, "20"},
		{`regexp_position('aXaX', '\BX', 3)`, "4"},
		{`regexp_position('a', 'a', 0)`, argument + "start position cannot be smaller than 1"},
		{`regexp_position('a', 'a', 1, 0)`, argument + "occurrence cannot be smaller than 1"},
	})
}

func TestRegexpReplace(t *testing.T) {
	runExpressions(t, []expression{
		{`regexp_replace('fun stuff.', '[a-z]', '*')`, "*** *****."},
		{`regexp_replace('fun stuff.', '[a-z]')`, " ."},
		{`regexp_replace('x', '.*', '-')`, "--"},
		{`regexp_replace('ab', '', '-')`, "-a-b-"},
		{`regexp_replace('1234567890', '(1)(2)(3)(4)(5)(6)(7)(8)(9)(0)', '$11')`, "11"},
		{`regexp_replace('123', '(1)(2)(3)', '$12')`, "12"},
		{`regexp_replace('xyz', '(?<a>x)(y)(?<b>z)', '${b}$2${a}')`, "zyx"},
		{`regexp_replace('x', 'x', '\$\\')`, `$\`},
		{`regexp_replace('ab', '(a)|b', '[$1]')`, "[a][]"},
		{`regexp_replace('x', 'x', '$')`, argument + "Illegal replacement sequence: $"},
		{`regexp_replace('x', 'x', '$a')`, argument + "Illegal replacement sequence: $a"},
		{`regexp_replace('x', 'x', '$1')`, argument + "Illegal replacement sequence: unknown group 1"},
		{`regexp_replace('x', '(?<n>x)', '${0}')`, argument + "Illegal replacement sequence: unknown group { 0 }"},
		{`regexp_replace('x', 'y', '$')`, "x"},
		{`regexp_replace('new york', '(\w)(\w*)', x -> upper(x[1]) || lower(x[2]))`, "New York"},
		{`regexp_replace('ab', '(a)|b', x -> x[1])`, "null"},
		{`regexp_replace('c', '(a)|b', x -> x[1])`, "c"},
	})
}

func TestRegexpErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		"(":           argument + "end pattern with unmatched parenthesis",
		")":           argument + "unmatched close parenthesis",
		"[a":          argument + "premature end of char-class",
		"[]":          argument + "empty char-class",
		"*a":          argument + "target of repeat operator is not specified",
		`a\`:          argument + "end pattern at escape",
		"(?z)":        argument + "undefined group option",
		"[z-a]":       argument + "empty range in char class",
		`\1`:          argument + "invalid backref number/name",
		"a{99999999}": argument + "too big number for repeat range",
		`\Ga`:         `SILLOK_NOT_SUPPORTED: the regular expression construct \G is not supported by this version of Sillok`,
		`\p{Foo}`:     `SILLOK_NOT_SUPPORTED: the regular expression construct \p{Foo} is not supported by this version of Sillok`,
	} {
		if got := ask(t, "regexp_like", "boolean", "varchar:x", "varchar:"+pattern); got != want {
			t.Errorf("%s\n got %s\nwant %s", pattern, got, want)
		}
	}
}

// A pattern that needs the engine that backtracks, and for ever, is stopped.
func TestRegexpThatBacktracksTooMuch(t *testing.T) {
	got := ask(t, "regexp_like", "boolean", "varchar:"+strings.Repeat("a", 40), `varchar:^(a+)+\1\1b$`)
	if want := "EXCEEDED_CPU_LIMIT: Query exceeded the CPU time limit of one expression: it takes more than 128 million steps"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func lookupRegexp(tb testing.TB, name string, result datatype.Type, rest ...datatype.Type) scalar.Function {
	tb.Helper()
	f, ok := scalar.Lookup(name, append([]datatype.Type{datatype.Text(), datatype.Text()}, rest...), result)
	if !ok {
		tb.Fatal("no form")
	}
	return f
}

// No pattern may break the parser, and the text between the parts that a pattern
// splits must be as many as its matches and one.
func FuzzRegexp(f *testing.F) {
	for _, seed := range []string{`a|b*`, `(?i)[^\w&&[a-c]]+?$`, `(?<n>x)\k<n>{2,3}`, `\Q.\E\p{L}`, `(?m:^)(?>a++)`, `[]a-\d]`, `(?x) a # b`} {
		f.Add(seed, "a b\nc é")
	}
	split := lookupRegexp(f, "regexp_split", datatype.ArrayOf(datatype.Text()))
	count := lookupRegexp(f, "regexp_count", datatype.Of(datatype.Bigint))
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 30 || len(text) > 30 {
			return // may be slow
		}
		parts, err := split.Call(work.New(t.Context(), time.Time{}), []any{text, pattern})
		n, err2 := count.Call(work.New(t.Context(), time.Time{}), []any{text, pattern})
		if (err == nil) != (err2 == nil) {
			t.Fatal(err, err2)
		}
		list, _ := parts.([]any)
		matches, _ := n.(int64)
		if err == nil && int64(len(list)) != matches+1 {
			t.Errorf("%d parts, %d matches", len(list), matches)
		}
	})
}

func BenchmarkRegexpExtract(b *testing.B) {
	extract := lookupRegexp(b, "regexp_extract", datatype.Text(), datatype.Of(datatype.Bigint))
	const text = "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForConfig/session-1"
	for name, pattern := range map[string]string{
		"linear":       `assumed-role/([^/]+)/(.*)$`,
		"backtracking": `assumed-role/(?=A)([^/]+)/(.*)$`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if v, err := extract.Call(work.New(b.Context(), time.Time{}), []any{text, pattern, int64(1)}); err != nil || v != "AWSServiceRoleForConfig" {
					b.Fatal(v, err)
				}
			}
		})
	}
}
