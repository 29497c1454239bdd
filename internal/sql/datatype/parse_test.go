package datatype_test

import (
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/sql/datatype"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"BIGINT", "bigint"},
		{"int", "integer"},
		{"double precision", "double"},
		{"varchar", "varchar"},
		{"varchar ( 25 )", "varchar(25)"},
		{"decimal", "decimal(38,0)"},
		{"decimal(19, 2)", "decimal(19,2)"},
		{"timestamp", "timestamp(3)"},
		{"timestamp with time zone", "timestamp(3) with time zone"},
		{"timestamp(12) with time zone", "timestamp(12) with time zone"},
		{"time(6) without time zone", "time(6)"},
		{"INTERVAL DAY TO SECOND", "interval day to second"},
		{"interval year to month", "interval year to month"},
		{"array<map(varchar, bigint)>", "array(map(varchar, bigint))"},
		{`row(a bigint, "B c" varchar(3), timestamp with time zone)`, `row(a bigint, "B c" varchar(3), timestamp(3) with time zone)`},
		{"row(bigint, double precision)", "row(bigint, double)"},
		{`row("say ""so""" bigint)`, `row("say \"so\"" bigint)`},
		{"HyperLogLog", "HyperLogLog"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := datatype.Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseHive(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"string", "varchar"},
		{"float", "real"},
		{"binary", "varbinary"},
		{"timestamp", "timestamp(3)"},
		{"decimal", "decimal(10,0)"},
		{"decimal(12,4)", "decimal(12,4)"},
		{"char(3)", "char(3)"},
		{"map<string,array<int>>", "map(varchar, array(integer))"},
		{
			"struct<arn:string,accountId:string,tags:array<struct<`key`:string,v:int>>>",
			"row(arn varchar, accountid varchar, tags array(row(key varchar, v integer)))",
		},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := datatype.ParseHive(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "nosuch", "bigint(3)", "decimal(39,0)", "decimal(3,4)", "timestamp(13)", "array", "array(", "map(bigint)", "row()",
		"varchar(", "varchar(x)", "bigint bigint", `row("a bigint)`, strings.Repeat("array(", 200) + "bigint" + strings.Repeat(")", 200),
	} {
		if got, err := datatype.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("row(a bigint, b array(varchar(3)))")
	f.Add("map(timestamp(3) with time zone, decimal(3, 1))")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := datatype.Parse(text)
		if err != nil {
			return
		}
		if strings.ContainsAny(text, `"\`) {
			return // String quotes names as Go does
		}
		again, err := datatype.Parse(parsed.String())
		if err != nil || !again.Equal(parsed) {
			t.Errorf("%q parses as %s, which parses as %s, %v", text, parsed, again, err)
		}
	})
}

func FuzzParseHive(f *testing.F) {
	f.Add("struct<a:string,b:map<int,array<double>>>")
	f.Fuzz(func(t *testing.T, text string) {
		if parsed, err := datatype.ParseHive(text); err == nil && parsed.String() == "" {
			t.Errorf("%q parses as nothing", text)
		}
	})
}
