package format_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/lake/format"
)

// AWS's expressions as Hive hands them on.
const (
	albNow  = `([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) "([^ ]*) (.*) (- |[^ ]*)" "([^"]*)" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^"]*)" ([-.0-9]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^ ]*)" "([^\s]+?)" "([^\s]+)" "([^ ]*)" "([^ ]*)" ?([^ ]*)? ?( .*)?`
	clbEver = `([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) "([^ ]*) ([^ ]*) (- |[^ ]*)" ("[^"]*") ([A-Z0-9-]+) ([A-Za-z0-9.-]*)$`
	s3Now   = `([^ ]*) ([^ ]*) \[(.*?)\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) ([^ ]*)(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*))?.*$`
)

// FuzzByPosition holds what is read by position against what AWS's expression
// says, on every line that the expression matches.
func FuzzByPosition(f *testing.F) {
	for _, line := range []string{
		`https 2024-05-01T01:00:06.558721Z app/shop/50 203.0.113.96:11111 10.0.1.11:8080 0.000 0.051 0.001 200 200 284 18354 "GET https://h:443/ HTTP/1.1" "curl" ECDHE-RSA TLSv1.2 arn:aws "Root=1" "h" "session-reused" 1 2024-05-01T01:00:06.558721Z "forward" "-" "-" "10.0.1.11:8080" "200" "-" "-" TID_1`,
		`http t e 1.2.3.4:5 - -1 -1 -1 400 - 0 272 "- http://lb:80- -" "a \" b" - - - "-" "-" "-" - t "-" "-" "-" "-" "-" "-" "-"`,
		`http t e 1.2.3.4:5 - -1 -1 -1 400 - 0 272 "GET a" "b c" "d" - - - "-" "-" "-" - t "-" "-" "-" "-" "-" "-" "-" "-" "-"`,
		`2015-05-13T23:39:43.945958Z lb 192.168.131.39:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 0 57 "GET https://h:443/ HTTP/1.1" "curl/7.38.0" DHE-RSA-AES128-SHA TLSv1.2`,
		`2015-05-13T23:39:43.945958Z lb 192.168.131.39:2817 - -1 -1 -1 - - 0 57 "- - - " "-" - -`,
		`a19b bucket [16/Feb/2019:11:23:45 +0000] 192.0.2.132 r 3E57 REST.GET.VERSIONING - "GET /b?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - s9 SigV2 E AuthHeader b.s3 TLSV1.1 - Yes us-east-1`,
		`a19b bucket [16/Feb/2019:11:23:45 +0000] 192.0.2.132 - 3E57 REST.GET.VERSIONING a/b - - - - - 7 - "-" - -`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) || len(line) > 4096 {
			return
		}
		for _, expression := range []string{albNow, clbEver, s3Now} {
			got, ok := format.ByPosition(expression, []byte(line))
			if !ok {
				continue
			}
			want, matches, err := format.ByExpression(expression, []byte(line))
			if err != nil {
				t.Fatal(err)
			}
			if !matches {
				t.Errorf("read by position, and the expression does not match: %q", line)
				continue
			}
			if diff := cmp.Diff(want[:len(got)], got); diff != "" {
				t.Errorf("%q (-expression +position)\n%s", line, diff)
			}
		}
	})
}

// Lines of every kind with bytes taken out, doubled and put in: what is read by
// position is what the expression gives, and nothing else is.
func TestMutatedLinesAreWhatTheExpressionGives(t *testing.T) {
	lines := []string{
		`https 2024-05-01T01:00:06.558721Z app/shop/50 203.0.113.96:11111 10.0.1.11:8080 0.000 0.051 0.001 200 200 284 18354 "GET https://h:443/ HTTP/1.1" "curl" ECDHE-RSA TLSv1.2 arn:aws "Root=1" "h" "session-reused" 1 2024-05-01T01:00:06.558721Z "forward" "-" "-" "10.0.1.11:8080" "200" "-" "-"`,
		`https 2024-05-01T01:00:06.558721Z app/shop/50 203.0.113.96:11111 - -1 -1 -1 502 - 284 18354 "GET https://h:443/a b HTTP/1.1" "a \"b\" c" ECDHE-RSA TLSv1.2 arn:aws "Root=1" "h" "session-reused" 1 2024-05-01T01:00:06.558721Z "forward" "-" "-" "10.0.1.11:8080" "200" "-" "-" TID_1 "h" "/u" "-" 3.34.116.99 "-" "-"`,
		`2015-05-13T23:39:43.945958Z lb 192.168.131.39:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 0 57 "GET https://h:443/ HTTP/1.1" "curl/7.38.0" DHE-RSA-AES128-SHA TLSv1.2`,
		`2015-05-13T23:39:43.945958Z lb 192.168.131.39:2817 - -1 -1 -1 - - 0 57 "- - - " "-" - -`,
		`a19b bucket [16/Feb/2019:11:23:45 +0000] 192.0.2.132 r 3E57 REST.GET.VERSIONING - "GET /b?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - s9 SigV2 E AuthHeader b.s3 TLSV1.1 - Yes us-east-1`,
	}
	dice := rand.New(rand.NewPCG(8, 3))
	put := []byte(`" -:\[]a0`)
	sure := 0
	for n := range 6000 {
		line := []byte(lines[n%len(lines)])
		for range dice.IntN(3) {
			at := dice.IntN(len(line))
			switch dice.IntN(3) {
			case 0:
				line = slices.Delete(line, at, at+1)
			case 1:
				line = slices.Insert(line, at, line[at])
			default:
				line = slices.Insert(line, at, put[dice.IntN(len(put))])
			}
		}
		for _, expression := range []string{albNow, strings.TrimSuffix(albNow, ` ?([^ ]*)? ?( .*)?`), clbEver, s3Now} {
			got, ok := format.ByPosition(expression, line)
			if !ok {
				continue
			}
			sure++
			want, matches, err := format.ByExpression(expression, line)
			if err != nil || !matches {
				t.Fatalf("%q: matches %v, %v", line, matches, err)
			}
			if diff := cmp.Diff(want[:len(got)], got); diff != "" {
				t.Fatalf("%q (-expression +position)\n%s", line, diff)
			}
		}
	}
	if sure < 2000 {
		t.Errorf("%d lines were read by position", sure)
	}
}

func TestJavaExpressionsMeanTheSame(t *testing.T) {
	for _, tt := range []struct {
		name, expression, line string
		want                   []string // nil: no match
		refused                string
	}{
		{name: "a whole line", expression: `a(b)`, line: "abc"},
		{name: "a group that took no part", expression: `a(b)?(c)`, line: "ac", want: []string{"NULL", "=c"}},
		{name: "an empty group", expression: `a(b*)`, line: "a", want: []string{"="}},
		{name: "digits are ASCII", expression: `(\d+)`, line: "٣"},
		{name: "words are ASCII", expression: `(\w+)`, line: "é"},
		{name: "no word", expression: `(\W)`, line: "é", want: []string{"=é"}},
		{name: "a hyphen after a range", expression: `([A-Z0-9-_]+)`, line: "A-9_", want: []string{"=A-9_"}},
		{name: "a hyphen after a class", expression: `([\w-.]+)`, line: "a-.b", want: []string{"=a-.b"}},
		{name: "not a class and a hyphen", expression: `([^\s-]+)`, line: "ab", want: []string{"=ab"}},
		{name: "names count as groups", expression: `(?<a>x)(y)(?<b>z)`, line: "xyz", want: []string{"=x", "=y", "=z"}},
		{name: "the dot takes all", expression: `(.*)`, line: "a\u0085b", want: []string{"=a\u0085b"}},
		{name: "quoting", expression: `\Q[a]\E(b)`, line: "[a]b", want: []string{"=b"}},
		{name: "POSIX", expression: `(\p{Alpha}+)(\P{Alpha})`, line: "ab1", want: []string{"=ab", "=1"}},
		{name: "a bracket first in a class", expression: `([]a]+)`, line: "]a", want: []string{"=]a"}},
		{name: "possessive", expression: `(a*+)`, refused: "possessive"},
		{name: "intersection", expression: `([a-z&&b])`, refused: "intersection"},
		{name: "union", expression: `([a[b]])`, refused: "a class inside a class"},
		{name: "no end", expression: `(a`, refused: "not enough )"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok, err := format.ByExpression(tt.expression, []byte(tt.line))
			if tt.refused != "" {
				if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(tt.refused)) && tt.name != "no end" {
					t.Errorf("error %v, want %q in it", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if ok != (tt.want != nil) {
				t.Fatalf("matches: %v", ok)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
