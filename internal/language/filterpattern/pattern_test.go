package filterpattern_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/filterpattern"
)

func compile(tb testing.TB, text string) *filterpattern.Pattern {
	tb.Helper()
	pattern, err := filterpattern.Compile(text)
	if err != nil {
		tb.Fatal(err)
	}
	return pattern
}

func TestMatch(t *testing.T) {
	const line = `127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
	for _, tt := range []struct {
		name, pattern, message string
		want                   bool
	}{
		{"optional terms beside an exclusion mean nothing", "?a -b", "c", true},
		{"an exclusion beside optional terms excludes", "?a -b", "a b", false},
		{"a term of two characters is no word", "a1", "xa1y", true},
		{"quotes keep white space", `"a  b"`, "a b", false},
		{"a backslash before any other character is itself", `"\d\n"`, `\d\n`, true},
		{"an escaped backslash is one", `"a\\"`, `a\`, true},
		{"letters of any language in quotes", `"에러" -"café"`, "에러: cafe", true},
		{"an exclusion of a regular expression", `ERROR -%code [0-3]$%`, "ERROR code 3", false},
		{"one of optional regular expressions", `?%^a% ?%b$%`, "xb", true},
		{"an empty text is everywhere", `""`, "x", true},
		{"tabs and lines separate terms", "a\t\n b", "ba", true},
		{"a blank pattern of tabs", "\t\r\n ", "x", true},

		{"a dot is not a line's end", `%a.b%`, "a\nb", false},
		{"a count with its lower side left out", `%^a{,2}$%`, "aa", true},
		{"a count with its lower side left out ends", `%^a{,2}$%`, "aaa", false},
		{"a count with its upper side left out", `%^a{2,}$%`, "aaaa", true},
		{"a count of one number", `%^a{3}$%`, "aaa", true},
		{"a percent sign by its number", `%100\x25%`, "100%", true},
		{"operators are escaped", `%\^\$\?\[\]\{\}\|\\\*\+\.%`, `x^$?[]{}|\*+.`, true},
		{"a class with operators in it", `%^[.*+?$|{}]+$%`, `.*+?$|{}`, true},
		{"a class with a caret that is not first", `%^[a^]+$%`, `^a`, true},
		{"a class with a hyphen at its end", `%^[a-]+$%`, `-a`, true},
		{"a class with escapes", `%^[\d\x41\]]+$%`, `1A]`, true},
		{"an optional character may be absent", `%ab?c%`, "ac", true},
		{"what is repeated is there once at least", `%ab+cd%`, "acd", false},
		{"lazy or not is the same", `%a.*?b%`, "axxb", true},
		{"an alternative that is empty", `%zz|%`, "a", true},
		{"alternatives of plain text", `%foo|bar%`, "a bar", true},
		{"no alternative of plain text", `%foo|bar%`, "a ba r", false},

		{"white space around a pattern of JSON", " \t{ $.a = 1 }\n", ` {"a":1} `, true},
		{"an array is no object", `{ $.a NOT EXISTS }`, `[]`, false},
		{"text after the object", `{ $.a = 1 }`, `{"a":1} x`, false},
		{"two objects", `{ $.a = 1 }`, `{"a":1}{"a":1}`, false},
		{"an object that is cut off", `{ $.a = 1 }`, `{"a":1,"b":`, false},
		{"wrong JSON behind what is looked for", `{ $.a = 1 }`, `{"a":1,"b":tru}`, false},
		{"the last of members with one name counts", `{ $.a.b = 1 }`, `{"a":{"b":1},"a":{"c":1}}`, false},
		{"the last of members with one name counts below a wildcard", `{ $.x[*].a = 1 }`, `{"x":[{"a":2},{"a":1,"a":3}]}`, false},
		{"members with one name beside a wildcard", `{ $.* = 1 && $.a = 2 }`, `{"a":1,"a":2}`, true},
		{"the last of members with one name is not there", `{ $.a[1] NOT EXISTS }`, `{"a":[1,2],"a":[1]}`, true},
		{"nested as deep as may be", `{ $.a[0][0] NOT EXISTS }`, `{"a":` + strings.Repeat("[", 999) + strings.Repeat("]", 999) + `}`, false},
		{"nested too deeply", `{ $.b NOT EXISTS }`, `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, false},
		{"nested too deeply where a selector leads", `{ $.a` + strings.Repeat("[0]", 300) + ` NOT EXISTS || $.b NOT EXISTS }`, `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, false},
		{"wrong JSON where a selector leads", `{ $.a.b = 1 || $.c NOT EXISTS }`, `{"a":{"b":1 "d":2}}`, false},
		{"wrong JSON in an array where a selector leads", `{ $.a[0] = 1 }`, `{"a":[1 2]}`, false},
		{"an array that ends in a comma", `{ $.a[0] = 1 }`, `{"a":[1,]}`, false},
		{"an object that ends in a comma", `{ $.a = 1 }`, `{"a":1,}`, false},
		{"a name with an escape", `{ $.ab = 1 }`, `{"\u0061b":1}`, true},
		{"a value with an escape", `{ $.a = "x\"\\y" }`, `{"a":"x\"\\y"}`, true},
		{"a value with an escaped letter", `{ $.a = "한*" }`, `{"a":"\ud55c글"}`, true},
		{"an empty text", `{ $.a = "" }`, `{"a":""}`, true},
		{"a key in brackets", `{ $['a b']['c.d'][1] = x }`, `{"a b":{"c.d":[0,"x"]}}`, true},
		{"any member", `{ $.*.id = 2 }`, `{"a":{"id":1},"b":{"id":2},"c":3}`, true},
		{"any member is no element", `{ $.a.* = 2 }`, `{"a":[2]}`, false},
		{"any element is no member", `{ $.a[*] = 2 }`, `{"a":{"b":2}}`, false},
		{"any member beside one by name", `{ $.* = 1 && $.b.c = 2 }`, `{"a":1,"b":{"c":2}}`, true},
		{"one of any differs", `{ $.a[*] != 1 }`, `{"a":[1,2]}`, true},
		{"none of any differs", `{ $.a[*] != 1 }`, `{"a":[1,1]}`, false},
		{"nothing differs in an empty array", `{ $.a[*] != 1 }`, `{"a":[]}`, false},
		{"nothing is there by a wildcard", `{ $.a[*].x NOT EXISTS }`, `{"a":[{"y":1}]}`, true},
		{"an element that is an object does not differ", `{ $.a != 1 }`, `{"a":{}}`, false},
		{"null does not differ", `{ $.a != 1 }`, `{"a":null}`, false},
		{"an object is there", `{ $.a NOT EXISTS }`, `{"a":{}}`, false},
		{"true is not the text", `{ $.a IS TRUE }`, `{"a":"true"}`, false},
		{"true is compared as text", `{ $.a = true }`, `{"a":true}`, true},
		{"true in quotes", `{ $.a = "true" }`, `{"a":true}`, true},
		{"false is not null", `{ $.a IS NULL }`, `{"a":false}`, false},
		{"a keyword as a value", `{ $.a = NULL }`, `{"a":"NULL"}`, true},
		{"and before or", `{ $.a = 1 || $.a = 2 && $.b = 3 }`, `{"a":1}`, true},
		{"parentheses before and", `{ ($.a = 1 || $.a = 2) && $.b = 3 }`, `{"a":1}`, false},
		{"without any white space", `{($.a=1)&&($.b!=x||$.c>=-1.5e+0)}`, `{"a":1,"c":-1.5}`, true},

		{"numbers are compared to the last digit", `{ $.a = 12345678901234567890123 }`, `{"a":12345678901234567890124}`, false},
		{"numbers in all forms", `{ $.a = +.5e1 }`, `{"a":5.0}`, true},
		{"a number ends in a point", `{ $.a = 5. }`, `{"a":5}`, true},
		{"zero has no sign", `{ $.a = -0 }`, `{"a":0.00e9}`, true},
		{"tiny numbers", `{ $.a < 1e-300 }`, `{"a":1e-301}`, true},
		{"huge exponents", `{ $.a > 1e99999999999999999999 }`, `{"a":1}`, false},
		{"negative numbers", `{ $.a < -5 }`, `{"a":-5.01}`, true},
		{"a negative number is less than zero", `{ $.a >= 0 }`, `{"a":-0.1}`, false},
		{"a number against a text that is one", `{ $.a = 3 }`, `{"a":"3.0"}`, true},
		{"two texts are not numbers", `{ $.a = "3" }`, `{"a":"3.0"}`, false},
		{"an order of texts that are numbers", `{ $.a > "9" }`, `{"a":"10"}`, true},
		{"an order with a word is never true", `{ $.a > b }`, `{"a":"c"}`, false},
		{"a number with a wildcard is a text", `{ $.a = 1*3 }`, `{"a":123}`, true},
		{"wildcards do not overlap", `{ $.a = "ab*ba" }`, `{"a":"aba"}`, false},
		{"wildcards in the middle", `{ $.a = "a*b**c*" }`, `{"a":"axxbc"}`, true},
		{"a regular expression over a number", `{ $.a = %^4[0-9]{2}$% }`, `{"a":404}`, true},
		{"a regular expression that must not match", `{ $.a != %^4% }`, `{"a":404}`, false},

		{"a line in fields", `[a, b, c, d, e, f = 404, g]`, line, true},
		{"fields that are not named", `[, , user = frank, , , , ]`, line, true},
		{"a name takes the rest of the line", `[a, rest = "* 1534"]`, line + "  ", true},
		{"the rest has the delimiters", `[a, b, c, rest = "[10/*"]`, line, true},
		{"an ellipsis may stand for nothing", `[a, ..., b]`, "x y", true},
		{"an ellipsis stands for no field less than none", `[a, ..., b]`, "x", false},
		{"an ellipsis at the end", `[a = x, ...]`, "x", true},
		{"an ellipsis alone", `[...]`, "", true},
		{"brackets with a blank between them", `[ ]`, "", true},
		{"one of conditions", `[a = 1 || a = 2 && a = 3]`, "1", true},
		{"a quote that is not closed is text", `[a = "\"x", b]`, `"x y`, true},
		{"a bracket that is not closed is text", `[a = "[x", b = "y"]`, `[x y`, true},
		{"a quote inside of a field is text", `[a = "x\"y", b = "z\""]`, `x"y z"`, true},
		{"an empty quoted field", `[a = "", b]`, `"" x`, true},
		{"a number as a text", `[a = "1.0"]`, "1", false},
		{"a number as a number", `[a = 1.0]`, "1", true},
		{"a dash is no number", `[a < 1]`, "-", false},
		{"lines and tabs separate fields", "[a, b = y]", "x\ty\n", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pattern := compile(t, tt.pattern)
			if got := pattern.Match([]byte(tt.message)); got != tt.want {
				t.Errorf("%s on %s: %v", tt.pattern, tt.message, got)
			}
			var want []int
			if tt.want {
				want = []int{0}
			}
			if diff := cmp.Diff(want, filterpattern.NewSet([]*filterpattern.Pattern{pattern}).Match([]byte(tt.message), nil)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	const plain = "Invalid filter pattern"
	at := func(offset int, message string) *filterpattern.Error {
		return &filterpattern.Error{Offset: offset, Message: message}
	}
	for _, tt := range []struct {
		name, pattern string
		want          *filterpattern.Error
	}{
		{"a colon in a term", "Status: x", at(6, "Invalid character(s) in term ':'")},
		{"a colon before a lone sign", "? a:", at(3, "Invalid character(s) in term ':'")},
		{"a letter that is not ASCII", "에러", at(0, "Invalid character(s) in term '?'")},
		{"a place is counted in characters", `"에러" x:`, at(6, "Invalid character(s) in term ':'")},
		{"a hyphen in a term", "foo-bar", at(3, plain)},
		{"a question mark alone", "a ?", at(2, plain)},
		{"a minus before white space", "- a", at(0, plain)},
		{"two signs", "?-a", at(0, plain)},
		{"a quoted text beside a word", `"a"b`, at(3, plain)},
		{"a quoted text that is not closed", `a "b c`, at(6, `Invalid character(s) in term '"b c'`)},
		{"a quoted text closed by an escape", `"a\"`, at(4, `Invalid character(s) in term '"a\"'`)},
		{"a percent sign alone", `%`, at(1, `Invalid character(s) in term '%'`)},
		{"an empty regular expression", `%%`, at(1, `Invalid character(s) in term '%%'`)},
		{"a group", `%a(b)%`, at(2, `Invalid character(s) in term '%a('`)},
		{"an escaped parenthesis", `%\(%`, at(2, `Invalid character(s) in term '%\('`)},
		{"a quote in a regular expression", `%a"%`, at(2, `Invalid character(s) in term '%a"'`)},
		{"a repeated nothing", `a %*a%`, at(3, plain)},
		{"a repeated repetition", `%a**%`, at(3, plain)},
		{"a possessive repetition", `%a++%`, at(3, plain)},
		{"an assertion of word boundaries", `%\bx%`, at(1, plain)},
		{"an escaped letter", `%\q%`, at(1, plain)},
		{"a backslash at the end", `%a\%`, at(2, plain)},
		{"a number that is not whole", `%\x4%`, at(1, plain)},
		{"a number of more than one byte", `%\xe9%`, at(1, plain)},
		{"a class that is not closed", `%[ab%`, at(1, plain)},
		{"an empty class", `%[]%`, at(1, plain)},
		{"a class of POSIX", `%[[:alpha:]]%`, at(1, plain)},
		{"a range that runs backwards", `%[z-a]%`, at(0, plain)},
		{"a bracket that closes nothing", `%a]%`, at(2, plain)},
		{"a count without numbers", `%a{,}%`, at(2, plain)},
		{"a count that is not closed", `%a{2%`, at(2, plain)},
		{"a count of letters", `%a{x}%`, at(2, plain)},
		{"a count of a thousand and one", `%a{1001}%`, at(2, plain)},
		{"counts of a thousand and one together", `%a{500}b{0,501}%`, at(8, plain)},
		{"counts without an end", `%a{500,}b{501,}%`, at(9, plain)},
		{"counts as few as possible", `%a{,500}?[bc]{501}?%`, at(13, plain)},
		{"counts in alternatives", `%a{500}|b{501}%`, at(9, plain)},
		{"a thousand, often", `%` + strings.Repeat(`.{1000}`, 140) + `Z%`, at(9, plain)},
		{"counts of several terms", `%a{500}% -%b{501}%`, at(12, plain)},
		{"counts of two members", `{ $.a = %a{500}% || $.b != %b{501}% }`, at(29, plain)},
		{"counts of two fields", `[ a = %a{500}%, b = %b{501}% ]`, at(22, plain)},

		{"nothing in braces", "{}", at(1, plain)},
		{"a brace alone", "{", at(1, "If a filter pattern starts with '{' it must end with '}'")},
		{"a bracket alone", "[", at(1, "If a filter pattern starts with '[' it must end with ']'")},
		{"a selector alone", "{ $.a }", at(6, plain)},
		{"a dollar alone", "{ $ = 1 }", at(3, "Invalid character(s) in term '$ '")},
		{"a dot without a key", "{ $. = 1 }", at(4, "Invalid character(s) in term '$. '")},
		{"a key in quotes", `{ $."a" = 1 }`, at(4, `Invalid character(s) in term '$."'`)},
		{"a key in quotes below another", `{ $.a."b" = 1 }`, at(5, plain)},
		{"a place that is no number", `{ $.a[x] = 1 }`, at(5, `Invalid character(s) in term '['`)},
		{"a place that is negative", `{ $[-1] = 1 }`, at(4, `Invalid character(s) in term '$[-'`)},
		{"a place that is too far", `{ $.a[9999999999999999999] = 1 }`, at(2, plain)},
		{"an empty key in brackets", `{ $[''] = 1 }`, at(4, `Invalid character(s) in term '$[''`)},
		{"two wildcards in a selector", `{ $.a[*].b[*] = 1 }`, at(2, plain)},
		{"four wildcards in a pattern", `{ $.* = 1 || $.* = 2 || $.* = 3 || $.* = 4 }`, at(35, plain)},
		{"two equal signs", `{ $.a == 1 }`, at(7, plain)},
		{"one ampersand", `{ $.a = 1 & $.b = 2 }`, at(11, "Invalid character(s) in term '& '")},
		{"an exclamation mark alone", `{ !$.a = 1 }`, at(3, "Invalid character(s) in term '!$'")},
		{"a value with a colon", `{ $.a = b:c }`, at(9, "Invalid character(s) in term ':'")},
		{"a value with single quotes", `{ $.a = 'b' }`, at(8, "Invalid character(s) in term '''")},
		{"two values", `{ $.a = b c }`, at(10, plain)},
		{"a selector as a value", `{ $.a = $.b }`, at(8, plain)},
		{"a value before a selector", `{ 1 = $.a }`, at(2, plain)},
		{"a keyword in small letters", `{ $.a is null }`, at(6, plain)},
		{"EXISTS is no test", `{ $.a EXISTS }`, at(6, plain)},
		{"IS EXISTS is no test", `{ $.a IS EXISTS }`, at(6, plain)},
		{"an order with a regular expression", `{ $.a > %1% }`, at(6, plain)},
		{"three regular expressions", `{ $.a = %1% || $.a = %2% || $.a = %3% }`, at(34, plain)},
		{"a parenthesis that is not closed", `{ ($.a = 1 || ($.b = 2) }`, at(24, plain)},
		{"a parenthesis that closes nothing", `{ $.a = 1) }`, at(9, plain)},
		{"and without a right side", `{ $.a = 1 && }`, at(13, plain)},

		{"a name with a hyphen", `[a-b]`, at(1, plain)},
		{"a name that is a number", `[a, 2]`, at(4, plain)},
		{"a name in quotes", `["a"]`, at(1, plain)},
		{"a name twice", `[a, b, a = 1]`, at(7, plain)},
		{"a condition without a name", `[= 1]`, at(1, plain)},
		{"a condition without a value", `[a = , b]`, at(5, plain)},
		{"a condition of another name", `[a = 1 && b = 2]`, at(10, plain)},
		{"a name after a condition", `[a = 1 && a]`, at(11, plain)},
		{"two names", `[a b]`, at(3, plain)},
		{"two ellipses", `[..., a, ...]`, at(9, plain)},
		{"a condition of an ellipsis", `[... = 1]`, at(5, plain)},
		{"parentheses", `[(a = 1)]`, at(1, "Invalid character(s) in term '('")},
		{"a selector", `[$a]`, at(1, "Invalid character(s) in term '$'")},
		{"three regular expressions of fields", `[a = %1%, b = %2% || b = %3%]`, at(25, plain)},
		{"a typographic quote after a wrong name", `[a = 1 && b = “x]`, at(14, "Invalid character(s) in term '?'")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := filterpattern.Compile(tt.pattern)
			got, ok := errors.AsType[*filterpattern.Error](err)
			if !ok || got.Hint == "" || !strings.Contains(got.Error(), got.Hint) {
				t.Fatalf("%#v", err)
			}
			got.Hint = ""
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: %s", tt.pattern, diff)
			}
		})
	}
}

func TestLengthIsCountedInUTF16(t *testing.T) {
	for _, tt := range []struct {
		name, pattern string
		offset        int // -1 if it is taken
	}{
		{"as long as it may be", `"` + strings.Repeat("한", 1022) + `"`, -1},
		{"one longer", `"` + strings.Repeat("한", 1023) + `"`, 1024},
		{"pairs of surrogates are two", `"` + strings.Repeat("😀", 511) + `"`, -1},
		{"pairs of surrogates are too long", `"` + strings.Repeat("😀", 512) + `"`, 512},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := filterpattern.Compile(tt.pattern)
			e, refused := errors.AsType[*filterpattern.Error](err)
			if refused != (tt.offset >= 0) || refused && e.Offset != tt.offset {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestExtract(t *testing.T) {
	for _, tt := range []struct {
		name, pattern, message string
		want                   map[string]string
	}{
		{"terms take nothing", "a", "a", map[string]string{}},
		{"a blank pattern takes nothing", "", "a", map[string]string{}},
		{"no fields are all, by number", "[]", `x [y z] "" 1`, map[string]string{"$1": "x", "$2": "y z", "$3": "", "$4": "1"}},
		{"fields without names", "[a, , b]", "1 2 3 4", map[string]string{"$a": "1", "$2": "2", "$b": "3 4"}},
		{"fields around an ellipsis", "[a, ..., , z]", "1 2 3 4 5", map[string]string{"$a": "1", "$2": "2", "$3": "3", "$4": "4", "$z": "5"}},
		{"too few fields", "[a, b]", "1", map[string]string{}},
		{
			"selectors as they are written", `{ $.a = * && $['b'][0] != "x" || $.c IS NULL || $.no NOT EXISTS || $.d[*] = 2 || $.e = 1 }`,
			`{"a":"\u00e9\n","b":[1.50],"c":null,"d":[1,2],"e":{"f": 1}}`,
			map[string]string{"$.a": "é\n", "$['b'][0]": "1.50", "$.c": "null", "$.d[*]": "1", "$.e": `{"f": 1}`},
		},
		{"no object", `{ $.a = 1 }`, `["a"]`, map[string]string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, compile(t, tt.pattern).Extract([]byte(tt.message))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSelector(t *testing.T) {
	type value struct {
		Text string
		OK   bool
	}
	for _, tt := range []struct {
		name, pattern, selector, message string
		want                             value
	}{
		{"a member that the pattern does not name", `{ $.a = 1 }`, `$.b.c[1]`, `{"a":1,"b":{"c":[0,2.5]}}`, value{"2.5", true}},
		{"a member that is not there", `{ $.a = 1 }`, `$.b`, `{"a":1}`, value{}},
		{"no object", `{ $.a = 1 }`, `$.a`, `x`, value{}},
		{"a field by its name", `[a, b]`, `$b`, `x y z`, value{"y z", true}},
		{"a field by its number", `[a, , c]`, `$2`, `x y z`, value{"y", true}},
		{"a field behind an ellipsis", `[..., b]`, `$b`, `x y z`, value{"z", true}},
		{"a field that an ellipsis stands for", `[..., b]`, `$1`, `x y z`, value{"x", true}},
		{"a number behind those that are named", `[a, b]`, `$3`, `x y z`, value{}},
		{"too few fields", `[a, b]`, `$a`, `x`, value{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			selector, err := compile(t, tt.pattern).Selector(tt.selector)
			if err != nil {
				t.Fatal(err)
			}
			text, ok := selector.Value([]byte(tt.message))
			if diff := cmp.Diff(tt.want, value{text, ok}); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, tt := range []struct{ name, pattern, selector string }{
		{"of terms", "a", "$.a"},
		{"of a blank pattern", "", "$a"},
		{"a wildcard", "{ $.a = 1 }", "$.a[*]"},
		{"more than a selector", "{ $.a = 1 }", "$.a b"},
		{"an empty one", "{ $.a = 1 }", ""},
		{"a dollar alone", "{ $.a = 1 }", "$"},
		{"a text", "{ $.a = 1 }", "a"},
		{"a name that no field has", "[a]", "$b"},
		{"a name without a dollar", "[a]", "a"},
		{"the number zero", "[a]", "$0"},
		{"a signed number", "[a]", "$+1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			selector, err := compile(t, tt.pattern).Selector(tt.selector)
			if e, ok := errors.AsType[*filterpattern.Error](err); !ok || e.Hint == "" || selector != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestWhatAPatternSays(t *testing.T) {
	type said struct {
		Text    string
		Kind    filterpattern.Kind
		Regexes int
	}
	for _, want := range []said{
		{" ", filterpattern.Everything, 0},
		{"a -%b% ?c", filterpattern.Terms, 1},
		{"[a = %b% || a = c, ..., d != %e%]", filterpattern.Delimited, 2},
		{"{ $.a = %b% && ($.c = 1 || $.d = %e%) }", filterpattern.JSON, 2},
	} {
		p := compile(t, want.Text)
		if diff := cmp.Diff(want, said{p.String(), p.Kind(), p.Regexes()}); diff != "" {
			t.Error(diff)
		}
	}
}

// Messages are matched by many goroutines at once, without allocating.
func TestMatchDoesNotAllocate(t *testing.T) {
	message := []byte(`{"a":"x","b":[1,2,{"c":"\u00e9"}],"d":"ERROR 404"}`)
	var patterns []*filterpattern.Pattern
	for _, text := range []string{
		"", "ERROR -WARN", "?a ?b", "x1", "x2", "x3", "%ERROR 4..%", `{ $.b[2].c = "é" && $.* = "x" }`, `{ $.a > 1 || $.d = "E*4" }`, "[..., a = 404*]", "[a, b != 1]",
	} {
		patterns = append(patterns, compile(t, text))
	}
	set := filterpattern.NewSet(patterns)
	want := []int{0, 1, 2, 6, 7, 8, 9, 10}
	var hits []int
	if diff := cmp.Diff(want, set.Match(message, hits)); diff != "" {
		t.Error(diff)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if diff := cmp.Diff(want, set.Match(message, nil)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	all.Wait()
	hits = make([]int, 0, len(patterns))
	if n := testing.AllocsPerRun(100, func() {
		hits = set.Match(message, hits[:0])
		for _, p := range patterns {
			p.Match(message)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// What a pattern needs is in each message that it matches, and is said wherever a text is.
func TestWhatAPatternNeeds(t *testing.T) {
	for text, want := range map[string]string{
		"":            `[]`,
		"a b":         `["a" "b"]`,
		"a\t-b\n-c":   `["a"]`,
		"-a -b":       `[]`,
		`"a\"b" -"c"`: `["a\"b"]`,
		`"-a"`:        `["-a"]`,
		`""`:          `[]`,
		"?a ?b":       `[]`,
		"?a":          `["a"]`,
		"a ?b":        `["a"]`,
		"a %b% ?c":    `["a" "b"]`,
		"?%a%":        `["a"]`,
		"%a\\db+c%":   `["bc"]`,
		"%a|b%":       `[]`,
		"-%a%":        `[]`,
		"{ $.a = b }": `[]`,
		"[ a = b ]":   `[]`,
	} {
		pattern, err := filterpattern.Compile(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := fmt.Sprintf("%q", pattern.Needs()); got != want {
			t.Errorf("%q needs %s, want %s", text, got, want)
		}
	}
}
