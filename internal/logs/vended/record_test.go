package vended_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/vended"
)

var at = time.Date(2026, 11, 30, 7, 8, 9, 0, time.UTC)

func record(values ...string) vended.Record {
	r := vended.Record{Time: at, Raw: "as it is"}
	for i, v := range values {
		r.Fields = append(r.Fields, vended.Field{Name: string(rune('a' + i)), Value: v})
	}
	return r
}

func TestRecordsInEachFormat(t *testing.T) {
	records := []vended.Record{record("1", "two words", ""), record("x<\"", "t\ta\nb", "3")}
	for name, tt := range map[string]struct {
		layout vended.Layout
		want   string
	}{
		"json":               {vended.Layout{Format: vended.JSON}, `{"a":"1","b":"two words","c":"-"}` + "\n" + `{"a":"x<\"","b":"t\ta\nb","c":"3"}` + "\n"},
		"json, chosen":       {vended.Layout{Format: vended.JSON, Fields: []string{"c", "a", "z"}}, `{"c":"-","a":"1","z":"-"}` + "\n" + `{"c":"3","a":"x<\"","z":"-"}` + "\n"},
		"plain":              {vended.Layout{Format: vended.Plain}, "1\ttwo words\t-\nx<\"\tt_a%0Ab\t3\n"},
		"plain, a delimiter": {vended.Layout{Format: vended.Plain, Delimiter: " "}, "1 two_words -\nx<\" t\ta%0Ab 3\n"},
		"w3c":                {vended.Layout{Format: vended.W3C, Fields: []string{"a", "c"}}, "#Version: 1.0\n#Fields: a c\n1\t-\nx<\"\t3\n"},
		"raw":                {vended.Layout{Format: vended.Raw}, "as it is\nas it is\n"},
		"raw, chosen":        {vended.Layout{Format: vended.Raw, Fields: []string{"a"}}, "1\nx<\"\n"},
	} {
		got, err := tt.layout.File(records)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got, err := (&vended.Layout{Format: vended.W3C}).File(nil); err != nil || len(got) > 0 {
		t.Errorf("no records are %q, %v", got, err)
	}
}

func TestKeys(t *testing.T) {
	p := vended.Place{Account: "111122223333", Region: "us-east-1", Resource: "E1", Time: at, Unique: "u"}
	hive := p
	hive.Hive = true
	for suffix, want := range map[string][2]string{
		"":                                      {"E1.2026-11-30-07.u.gz", "E1.2026-11-30-07.u.gz"},
		"AWSLogs/{account-id}/CloudFront/":      {"AWSLogs/111122223333/CloudFront/E1.2026-11-30-07.u.gz", "AWSLogs/account-id=111122223333/CloudFront/E1.2026-11-30-07.u.gz"},
		"/{region}/{yyyy}/{MM}/{dd}/{HH}":       {"us-east-1/2026/11/30/07/E1.2026-11-30-07.u.gz", "region=us-east-1/year=2026/month=11/day=30/hour=07/E1.2026-11-30-07.u.gz"},
		"x-{DistributionId}/{resource-id}-{dd}": {"x-E1/E1-30/E1.2026-11-30-07.u.gz", "x-E1/resource-id=E1-30/E1.2026-11-30-07.u.gz"},
	} {
		if why := vended.CheckSuffix(suffix); why != "" {
			t.Errorf("%s: %s", suffix, why)
		}
		if got := [2]string{p.Key(suffix), hive.Key(suffix)}; got != want {
			t.Errorf("%s is %s", suffix, got)
		}
	}
	for suffix, want := range map[string]string{"{": "without a }", "a}": "without a {", "{x}": "{x} is no variable"} {
		if why := vended.CheckSuffix(suffix); !strings.Contains(why, want) {
			t.Errorf("%s: %s", suffix, why)
		}
	}
}

// A record is one line, and one object with all its fields, whatever they are.
func FuzzLine(f *testing.F) {
	f.Add("a", "b\n", "\t")
	f.Fuzz(func(t *testing.T, a, b, delimiter string) {
		r := record(a, b)
		plain, err := (&vended.Layout{Format: vended.Plain, Delimiter: delimiter}).Line(&r)
		if err != nil || !strings.Contains(delimiter, "\n") && strings.Contains(plain, "\n") {
			t.Errorf("%q, %v", plain, err)
		}
		text, err := (&vended.Layout{Format: vended.JSON}).Line(&r)
		var m map[string]string
		if err != nil || json.Unmarshal([]byte(text), &m) != nil || len(m) != 2 || strings.Contains(text, "\n") {
			t.Errorf("%q, %v", text, err)
		}
	})
}

// A suffix that is right has a key without braces of its own.
func FuzzSuffix(f *testing.F) {
	f.Add("AWSLogs/{account-id}/x")
	f.Fuzz(func(t *testing.T, suffix string) {
		p := vended.Place{Account: "1", Region: "r", Resource: "e", Time: at, Unique: "u", Hive: true}
		if vended.CheckSuffix(suffix) == "" && strings.ContainsAny(p.Key(suffix), "{}") {
			t.Errorf("%q is %q", suffix, p.Key(suffix))
		}
	})
}
