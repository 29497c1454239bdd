package metricsearch_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/metricsearch"
)

// metrics are what the tests search, by a letter for each.
var metrics = map[string]metricsearch.Metric{
	"a": {Account: "1", Namespace: "AWS/EC2", Name: "CPUUtilization", Dimensions: []metricsearch.Dimension{{Name: "InstanceId", Value: "i-0abc12"}}},
	"b": {Account: "1", Namespace: "AWS/EC2", Name: "CPUUtilization"},
	"c": {Account: "1", Namespace: "AWS/EC2", Name: "NetworkIn", Dimensions: []metricsearch.Dimension{{Name: "AutoScalingGroupName", Value: "prod"}, {Name: "InstanceId", Value: "i-9"}}},
	"d": {Account: "1", Namespace: "My Shop", Name: "CustomCount1", Dimensions: []metricsearch.Dimension{{Name: "Page Name", Value: `a (1) "x" \`}}},
	"e": {Account: "2", Namespace: "Other", Name: "SDBFailure", Dimensions: []metricsearch.Dimension{{Name: "Project", Value: "Project2-trial333"}}},
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct{ name, filter, want string }{
		{"a schema is the exact set of dimensions", "{AWS/EC2,InstanceId}", "a"},
		{"a schema without dimensions", "{AWS/EC2}", "b"},
		{"a schema in another order, with blanks", "{ AWS/EC2 , InstanceId, AutoScalingGroupName }", "c"},
		{"a schema in quotes", `{"My Shop","Page Name"}`, "d"},
		{"a schema of the wrong case", "{aws/ec2}", ""},
		{"a name twice is no other set", "{AWS/EC2,InstanceId,InstanceId}", ""},
		{"a word of any part, any case", "cpu", "ab"},
		{"a whole name", "CPUUtilization", "ab"},
		{"not a part of a word", "util", ""},
		{"words that follow each other", "count1", "d"},
		{"words with signs between", "trial-333", "e"},
		{"a whole value in other signs", "Project2trial333", "e"},
		{"capitals before small letters", "sdb", "e"},
		{"the name of a dimension", "AutoScaling", "c"},
		{"the namespace", "ec2", "abc"},
		{"terms beside each other", "ec2 network", "c"},
		{"AND", "cpu AND InstanceId", "a"},
		{"OR", "network OR sdb", "ce"},
		{"NOT before AND before OR", "sdb OR NOT cpu AND ec2", "ce"},
		{"NOT twice", "NOT NOT sdb", "e"},
		{"brackets", "ec2 AND NOT (cpu OR prod)", ""},
		{"small words join nothing", "cpu or", ""},
		{"exact", `"CPUUtilization"`, "ab"},
		{"exact is the whole", `"CPU"`, ""},
		{"exact has a case", `"cpuutilization"`, ""},
		{"escapes", `"a \(1\) \"x\" \\"`, "d"},
		{"the metric's name", `MetricName="NetworkIn"`, "c"},
		{"words of the metric's name", "MetricName=utilization", "ab"},
		{"not the namespace as the name", "MetricName=ec2", ""},
		{"the namespace by a term", `Namespace="My Shop" count`, "d"},
		{"a dimension", "InstanceId=9", "c"},
		{"a dimension in quotes", `"Page Name"=x`, "d"},
		{"a dimension that a metric lacks is not equal", "NOT InstanceId=9 ec2", "ab"},
		{"several values of one", "MetricName=(network OR (sdb AND NOT cpu))", "ce"},
		{"an account", `:aws.AccountId='2'`, "e"},
		{"a schema and terms", `{AWS/EC2,InstanceId} MetricName="CPUUtilization" NOT abc`, ""},
	} {
		f, err := metricsearch.Parse(tt.filter)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for letter, m := range metrics {
			if f.Matches(&m) {
				got = append(got, letter)
			}
		}
		slices.Sort(got)
		if strings.Join(got, "") != tt.want {
			t.Errorf("%s: %s is for %q, want %s", tt.name, tt.filter, got, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for filter, want := range map[string]string{
		"":                                  "is empty",
		"  ":                                "is empty",
		"{}":                                "has an empty name",
		"{a,}":                              "has an empty name",
		"{a":                                "no closing bracket",
		`{"a" b}`:                           "no closing bracket",
		`{"a`:                               "not closed",
		`"a`:                                "not closed",
		"a AND":                             "ends where a term is missing",
		"OR a":                              "unexpected 'OR'",
		"NOT":                               "ends where a term is missing",
		"(a":                                "bracket that is not closed",
		"a)":                                "unexpected ')'",
		"a = ":                              "ends where a term is missing",
		"a=b=c":                             "unexpected '='",
		"a=(b=c)":                           "unexpected '='",
		"a {b}":                             "has a '{'",
		"---":                               "no letter or digit",
		":aws.Odd='1'":                      "which is not one",
		strings.Repeat("(", 101):            "nests more than 100 deep",
		strings.Repeat("é", 1025):           "more than 1024 characters",
		"a " + strings.Repeat("a=", 3) + "": "unexpected '='",
	} {
		_, err := metricsearch.Parse(filter)
		if _, ok := errors.AsType[*metricsearch.Error](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", filter, err, want)
		}
	}
}

func TestNeeds(t *testing.T) {
	for filter, want := range map[string]metricsearch.Needs{
		"cpu":                                   {},
		"{NS,B,A} x":                            {Namespace: "NS", Dimensions: []metricsearch.Dimension{{Name: "A"}, {Name: "B"}}},
		`Namespace="a" MetricName="b"`:          {Namespace: "a", Name: "b"},
		`x (Host="1" AND y) :aws.AccountId='1'`: {Dimensions: []metricsearch.Dimension{{Name: "Host", Value: "1"}}},
		`Namespace="a" OR b`:                    {},
		`NOT Namespace="a" MetricName=(b OR "c") Host=word`: {},
	} {
		f, err := metricsearch.Parse(filter)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, f.Needs()); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
}

// FuzzParse holds Parse to an *Error, and Needs to what Matches says.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"My Shop","Page Name"} a=("b" OR c) NOT d`, `Namespace="AWS/EC2" cpu`, `:aws.AccountId='2' sdb`, `InstanceId="i-9"`, "{AWS/EC2}", `"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := metricsearch.Parse(text)
		if err != nil {
			if own, ok := errors.AsType[*metricsearch.Error](err); !ok || own.Message == "" {
				t.Errorf("%q: %#v", text, err)
			}
			return
		}
		needs := filter.Needs()
		for _, m := range metrics {
			if !filter.Matches(&m) {
				continue
			}
			if needs.Namespace != "" && needs.Namespace != m.Namespace || needs.Name != "" && needs.Name != m.Name {
				t.Errorf("%q is for %v, and needs %v", text, m, needs)
			}
			for _, d := range needs.Dimensions {
				if !slices.ContainsFunc(m.Dimensions, func(o metricsearch.Dimension) bool { return o.Name == d.Name && (d.Value == "" || o.Value == d.Value) }) {
					t.Errorf("%q is for %v, and needs %v", text, m, needs)
				}
			}
		}
	})
}
