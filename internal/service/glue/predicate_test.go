package glue_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
)

func TestPartitionExpressions(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s, column("day", "date"), column("region", "string"), column("n", "int"), column("price", "decimal(10,2)"), column("at", "timestamp"))
	for _, values := range [][]string{
		{"2026-01-01", "ap-northeast-2", "1", "1.50", "2026-01-01 00:00:00"},
		{"2026-02-01", "us-east-1", "22", "2.6", "2026-02-01 12:00:00.5"},
		{"2026-03-01", "it's", "3", "3e2", "2026-03-01 00:00:00"},
	} {
		_, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionInput: &glueapi.PartitionInput{Values: values}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for expression, want := range map[string][]string{
		"":                                   {"1", "22", "3"},
		"n > 2":                              {"22", "3"},
		"n between 2 and 10 or n = '1'":      {"1", "3"},
		"NOT n IN (1, 3)":                    {"22"},
		"(n) = ((22)) (OR) n = 1":            {"1", "22"},
		"day >= '2026-02-01' and n<>3":       {"22"},
		"region = 'it''s'":                   {"3"},
		"region like 'us-%' or REGION = 'x'": {"22"},
		"region not like '%-_'":              {"3"},
		"price = 300":                        {"3"},
		"price in ('2.60', 9)":               {"22"},
		"at > '2026-02-01 12:00:00.499999'":  {"22", "3"},
		"region is not null and n != 1":      {"22", "3"},
		"region is null":                     nil,
		"`n` = 1":                            {"1"},
	} {
		t.Run(expression, func(t *testing.T) {
			out, err := s.GetPartitions(ctx, &glueapi.GetPartitionsInput{DatabaseName: new("d"), TableName: new("t"), Expression: &expression})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range out.Partitions {
				got = append(got, p.Values[2])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for expression, message := range map[string]string{
		"n = 'test'":                 `"test" is not an integer`,
		"n like '2'":                 "Integral data type doesn't support operation 'LIKE'",
		"day = '2026-02-32'":         `"2026-02-32" is not a date`,
		"at = '2026-02-01'":          `"2026-02-01" is not a timestamp`,
		"price = 'x'":                `"x" is not a decimal`,
		"nosuch = 1":                 "Invalid partition expression!",
		"n =":                        "Unsupported expression 'n ='",
		"region IS test' AND broken": "Unsupported expression 'region IS test' AND broken'",
		"n = 1 n = 2":                "Unsupported expression 'n = 1 n = 2'",
	} {
		t.Run(expression, func(t *testing.T) {
			_, err := s.GetPartitions(ctx, &glueapi.GetPartitionsInput{DatabaseName: new("d"), TableName: new("t"), Expression: &expression})
			e, ok := errors.AsType[*cloud.Error](err)
			if !ok || e.Code != "InvalidInputException" || e.Message != message {
				t.Errorf("error is %v, want %s", err, message)
			}
		})
	}
}

func FuzzPartitionExpression(f *testing.F) {
	s, ctx := open(f)
	withTable(f, ctx, s, column("n", "int"), column("region", "string"))
	if _, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionInput: &glueapi.PartitionInput{Values: []string{"1", "x"}}}); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"n = 1", "(n) = ((2)) (OR) n in (1, '2')", "not region like 'x%'", "n between 1 and 2", "((((", "'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		_, err := s.GetPartitions(ctx, &glueapi.GetPartitionsInput{DatabaseName: new("d"), TableName: new("t"), Expression: &expression})
		if err != nil && cloud.KindOf(err) == cloud.Internal {
			t.Errorf("%q: %v", expression, err)
		}
	})
}
