package javaregex_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/javaregex"
)

// find returns the groups of a text that matches, or what else came of it.
func find(re *javaregex.Regexp, text string) string {
	groups, ok, err := re.Find([]byte(text))
	switch {
	case err != nil:
		return err.Error()
	case !ok:
		return "no"
	}
	out := []string{"yes"}
	for _, g := range groups {
		if g == nil {
			out = append(out, "NULL")
		} else {
			out = append(out, "<"+string(g)+">")
		}
	}
	return strings.Join(out, " ")
}

// The answers are those of java.util.regex with matches().
func TestAsJavaReads(t *testing.T) {
	for _, tt := range []struct{ expression, text, want string }{
		// The whole text.
		{`a|ab`, "ab", "yes"},
		{`a`, "a\n", "no"},
		{`^a$`, "a\n", "no"},
		{`\Aa\z`, "a", "yes"},
		// Groups.
		{`(a)|(b)`, "b", "yes NULL <b>"},
		{`(?:(a)|(b))*`, "ab", "yes <a> <b>"},
		{`(a)(?<name>b)(c)`, "abc", "yes <a> <b> <c>"},
		{`(?<year>\d+)-(\d+)`, "2024-05", "yes <2024> <05>"},
		{`(?<=a)(b)|(?<!a)(.)`, "c", "yes NULL <c>"},
		{`(?=(a))a(?!b)`, "a", "yes <a>"},
		{`(?>a+)b`, "aab", "yes"},
		{`(a)\1`, "aa", "yes <a>"},
		{`(a)\10`, "aa0", "yes <a>"},
		{`(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)\10`, "abcdefghijj", "yes <a> <b> <c> <d> <e> <f> <g> <h> <i> <j>"},
		// Repetitions.
		{`a{02}b{00}`, "aa", "yes"},
		{`a{00,01}b{01,}?`, "bb", "yes"},
		{`a{00,00}`, "a", "no"},
		{`a{1}+`, "a", "refused"},
		// Letters of ASCII alone.
		{`\d+`, "٣", "no"},
		{`\w+`, "é", "no"},
		{`\W`, "é", "yes"},
		{`\s`, "\v", "yes"},
		{`\s`, "\u00a0", "no"},
		{`\h`, "\u00a0", "yes"},
		{`\H`, "\u00a0", "no"},
		{`[\S]`, "\v", "no"},
		{`[^\W_]+`, "a0", "yes"},
		{`[^\W_]+`, "_", "no"},
		{`\p{Alpha}\p{Punct}\P{Digit}`, "a~b", "yes"},
		{`[\p{Lower}\P{ASCII}]+`, "aé", "yes"},
		{`\p{L}\p{Lu}[\p{N}]`, "éÉ٣", "yes"},
		// Escapes.
		{`\t\n\f\r\a\e\cA\x41\x{1F600}\u0042\0103\0`, "\t\n\f\r\a\x1b\x01A😀BC\x00", "refused"},
		{`\t\n\f\r\a\e\cA\x41\x{1F600}\u0042\0103`, "\t\n\f\r\a\x1b\x01A😀BC", "yes"},
		{`\uD83D\uDE00`, "😀", "yes"},
		{`[\uD800\uDC00-\uDBFF\uDFFF]`, "😀", "yes"},
		{`\u002E\x2A`, ".*", "yes"},
		{`\u002E\x2A`, "ab", "no"},
		{`\Qa.b\E+`, "a.bb", "yes"},
		{`\Qa.b`, "a.b", "yes"},
		{`\_\-\/\!\ `, "_-/! ", "yes"},
		{`\bé\b`, "é", "yes"},
		// Classes.
		{`[a-c-z]+`, "b-z", "yes"},
		{`[a-c-z]+`, "y", "no"},
		{`[\w-.]+`, "a-.", "yes"},
		{`[-a]+`, "-a", "yes"},
		{`[a-]+`, "-a", "yes"},
		{`[+--]+`, "+,-", "yes"},
		{`[--/]+`, "-./", "yes"},
		{`[\t-\-]+`, " !-", "yes"},
		{`[^]a]`, "b", "yes"},
		{`[]a]+`, "]a", "yes"},
		{`[a^$.|?*+(){}]+`, "^$.|?*+(){}a", "yes"},
		{`[\Q]-\Ea]+`, "]-a", "yes"},
		{`[a&b]+`, "&", "yes"},
		// Flags, and what a dot matches.
		{`.`, "\n", "no"},
		{`.`, "\r", "no"},
		{`.`, "\u2028", "no"},
		{`.`, "\v", "yes"},
		{`(?s).`, "\n", "yes"},
		{`(?s:.).`, "\nx", "yes"},
		{`(?s:.).`, "\n\n", "no"},
		{`((?s).).`, "\nx", "yes <\n>"},
		{`((?s).).`, "\n\n", "no"},
		{`(?s).(?-s:.)`, "\n\n", "no"},
		{`(?i)abc`, "aBC", "yes"},
		{`(?i:a)b`, "Ab", "yes"},
		{`(?i:a)b`, "AB", "no"},
	} {
		re, err := javaregex.Compile(tt.expression, javaregex.Options{})
		got := "refused"
		if err == nil {
			got = find(re, tt.text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s on %q (-want +got):\n%s", tt.expression, tt.text, diff)
		}
		if err != nil {
			continue
		}
		if matches, err := re.Match(tt.text); err != nil || matches != strings.HasPrefix(tt.want, "yes") {
			t.Errorf("%s on %q: Match says %v, %v", tt.expression, tt.text, matches, err)
		}
	}
}

func TestOptions(t *testing.T) {
	re, err := javaregex.Compile(`(a.)(b)?`, javaregex.Options{DotAll: true, FoldCase: true})
	if err != nil {
		t.Fatal(err)
	}
	if re.Groups() != 2 {
		t.Errorf("%d groups", re.Groups())
	}
	if diff := cmp.Diff("yes <A\n> NULL", find(re, "A\n")); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	for expression, want := range map[string]string{
		`a++`:             "a possessive quantifier at character 3",
		`a{2}+`:           "a possessive quantifier at character 5",
		`로그++`:            "a possessive quantifier at character 4",
		`[a[b]]`:          "a class inside a class at character 3",
		`[a&&b]`:          "an intersection of classes at character 3",
		`[ab`:             "a class without its end at character 4",
		`[a-\d]`:          "a range that ends in a class at character 6",
		`[z-a]`:           "a range that ends before it begins at character 5",
		`[\Qa\E-z]`:       "a range that begins in quotes at character 7",
		`a\`:              "a backslash at the end at character 2",
		`(?<name`:         "a group's name without its end at character 1",
		`(?`:              "a group without its end at character 1",
		`(?x) a`:          "the flags x at character 1",
		`(?iu)a`:          "the flags iu at character 1",
		`\Z`:              `\Z at character 1`,
		`x\G`:             `\G at character 2`,
		`\R`:              `\R at character 1`,
		`\v`:              `\v at character 1`,
		`(?<n>a)\k<n>`:    `\k at character 8`,
		`\y`:              `\y at character 1`,
		`\x4`:             `\x at character 1`,
		`\x{110000}`:      `\x at character 1`,
		`\u00e`:           `\u at character 1`,
		`\uD83D`:          `\u at character 1`,
		`\0`:              `\0 at character 1`,
		`\c`:              `\c at character 1`,
		`[\b]`:            `\b at character 2`,
		`[\1]`:            `\1 at character 2`,
		`\pL`:             `\p without a name in braces at character 1`,
		`\p{IsLatin}`:     `\p{IsLatin} at character 1`,
		`\p{javaLetter}`:  `\p{javaLetter} at character 1`,
		`\P{Greek}`:       `\P{Greek} at character 1`,
		`[\p{InCyrillic]`: `\p without a name in braces at character 2`,
	} {
		_, err := javaregex.Compile(expression, javaregex.Options{})
		if err == nil {
			t.Errorf("%s is taken", expression)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expression, diff)
		}
	}
	for _, expression := range []string{`(`, `)`, `*`, `a**`, `a{2,1}`, `\1`} {
		if _, err := javaregex.Compile(expression, javaregex.Options{}); err == nil {
			t.Errorf("%s is taken", expression)
		}
	}
}

func TestTimeout(t *testing.T) {
	text := strings.Repeat("a", 40) + "!"
	re, err := javaregex.Compile(`(a*)*b`, javaregex.Options{Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := re.Find([]byte(text)); err == nil {
		t.Error("nothing is said of the time")
	}
	// Whether a text matches takes linear time all the same.
	if ok, err := re.Match(text); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if re, err = javaregex.Compile(`(?=(a*)*b)a`, javaregex.Options{Timeout: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if _, err := re.Match(text); err == nil {
		t.Error("nothing is said of the time of an expression that looks ahead")
	}
}

// FuzzCompile holds the two engines against each other: where both can tell, they
// agree.
func FuzzCompile(f *testing.F) {
	for _, seed := range [][2]string{
		{`([^ ]*) "(.*)" [0-9-]+`, `a "b c" 200`},
		{`[\w-.]+`, "a-."},
		{`\p{Alpha}[\D\x41-\u0042]{1,3}`, "aB"},
		{`(?<n>a)|\Q.*\E`, ".*"},
		{`(?i:[^\S\d])`, " "},
		{`[\uD800\uDC00-\uDBFF\uDFFF]`, "😀"},
		{`(?s).(?-s).`, "\n\n"},
		{`00{00}`, "0"},
		{`a{0,x}{,2}`, "a{0,x}{,2}"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		if len(expression) > 64 || len(text) > 32 || strings.ContainsAny(expression, "$") || strings.Contains(expression, "(?i") {
			return // what the engines have in ways of their own
		}
		re, err := javaregex.Compile(expression, javaregex.Options{Timeout: 100 * time.Millisecond})
		if err != nil {
			return
		}
		groups, found, err := re.Find([]byte(text))
		if err != nil {
			return
		}
		if found && len(groups) != re.Groups() {
			t.Errorf("%q on %q: %d groups of %d", expression, text, len(groups), re.Groups())
		}
		if matches, err := re.Match(text); err == nil && matches != found {
			t.Errorf("%q on %q: matches is %v, found is %v", expression, text, matches, found)
		}
	})
}
