package alarmrule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/language/alarmrule"
)

var owner = alarmrule.Owner{Partition: "aws", Region: "us-east-1", Account: "123456789012", Name: "composite"}

// save reads a rule and resolves its alarms, as one does who keeps it: there are metric, second and composite.
func save(text string) (string, error) {
	rule, err := alarmrule.Parse(text)
	if err == nil {
		_, err = rule.Resolve(owner, func(name string) bool { return name == "metric" || name == "second" || name == "composite" })
	}
	if e, ok := errors.AsType[*alarmrule.Error](err); ok {
		return e.Message, nil
	}
	return "", err
}

// What AWS was seen to say to rules.
func TestRecordedRules(t *testing.T) {
	told := 0
	for _, row := range material.Lines[struct {
		Rule    *string
		OK      bool
		Message string
	}](t, "cases", "alarm_rules.jsonl") {
		if row.Rule == nil {
			continue
		}
		told++
		t.Run(*row.Rule, func(t *testing.T) {
			got, err := save(*row.Rule)
			if err != nil || (got == "") != row.OK || got != row.Message {
				t.Errorf("want %q\ngot  %q %v", row.Message, got, err)
			}
		})
	}
	if told < 38 {
		t.Errorf("%d rules were read, want 38", told)
	}
}

// What is refused beside what was recorded, by the same mechanisms.
func TestRulesThatAreRefused(t *testing.T) {
	const expression = "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA"
	const name = "'NOT', 'AND', 'OR', 'AT_LEAST', NUMBER, PERCENTAGE NUMBER, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA, unquoted alarm name, quoted alarm name"
	many := func(n int, join string) string {
		return strings.TrimSuffix(strings.Repeat("TRUE "+join+" ", n), " "+join+" ")
	}
	for _, tt := range []struct{ rule, want string }{
		{"", "Error in AlarmRule [Unsupported token '<EOF>' at char 0, must be: " + expression + "]"},
		{"TRUE AND", "Error in AlarmRule [Unsupported token '<EOF>' at char 8, must be: " + expression + "]"},
		{"TRUE AND OR", "Error in AlarmRule [Unsupported token 'OR' at char 9, must be: " + expression + "]"},
		{"NOT", "Error in AlarmRule [Unsupported token '<EOF>' at char 3, must be: " + expression + "]"},
		{"()", "Error in AlarmRule [Unsupported token ')' at char 1, must be: " + expression + "]"},
		{"(TRUE", "Error in AlarmRule [Unsupported token '<EOF>' at char 5, must be: ')', 'AND', 'OR']"},
		{"(TRUE x)", "Error in AlarmRule [Unsupported token 'x' at char 6, must be: ')']"},
		{"(TRUE x y)", "Error in AlarmRule [Unsupported token 'x' at char 6, must be: ')', 'AND', 'OR']"},
		{"TRUE)", "Error in AlarmRule [Unsupported token ')' at char 4, must be: <EOF>]"},
		{"TRUE OR FALSE xor TRUE", "Error in AlarmRule [Unsupported token 'xor' at char 14, must be: <EOF>, 'AND', 'OR']"},
		{"ALARM metric", "Error in AlarmRule [Unsupported token 'metric' at char 6, must be: '(']"},
		{"ALARM(metric", "Error in AlarmRule [Unsupported token '<EOF>' at char 12, must be: ')']"},
		{"ALARM(metric,second)", "Error in AlarmRule [Unsupported token ',' at char 12, must be: ')']"},
		{"ALARM()", "Error in AlarmRule [Unsupported token ')' at char 6, must be: " + name + "]"},
		{`ALARM("metric)`, `Error in AlarmRule [Unsupported token '"metric)' at char 6, must be: ` + name + "]"},
		{"ALARM(가) OR (나)", "Error in AlarmRule [Unsupported token '나' at char 13, must be: " + expression + "]"},
		{"AT_LEAST", "Error in AlarmRule [Unsupported token '<EOF>' at char 8, must be: '(']"},
		{"AT_LEAST(x, ALARM, (metric))", "Error in AlarmRule [Unsupported token 'x' at char 9, must be: NUMBER, PERCENTAGE NUMBER]"},
		{"AT_LEAST(1 ALARM, (metric))", "Error in AlarmRule [Unsupported token 'ALARM' at char 11, must be: ',']"},
		{"AT_LEAST(1, NOT x, (metric))", "Error in AlarmRule [Unsupported token 'x' at char 16, must be: ALARM, OK, or INSUFFICIENT_DATA]"},
		{"AT_LEAST(1, ALARM, metric)", "Error in AlarmRule [Unsupported token 'metric' at char 19, must be: '(']"},
		{"AT_LEAST(1, ALARM, (metric second))", "Error in AlarmRule [Unsupported token 'second' at char 27, must be: ')', ',']"},
		{"AT_LEAST(99999999999999999999, ALARM, (metric))", "Error in AlarmRule [AT_LEAST absolute threshold must be between 1 and number of alarms (1)]"},
		{"AT_LEAST(99999999999999999999%, ALARM, (metric))", "Error in AlarmRule [AT_LEAST percentage threshold must be between 1 and 100]"},
		{"AT_LEAST(0, ALARM, (metric)) x", "Error in AlarmRule [Unsupported token 'x' at char 29, must be: <EOF>]"},
		{"ALARM(b) AND ALARM(a) OR OK(b)", "Could not save the composite alarm as alarms [arn:aws:cloudwatch:us-east-1:123456789012:alarm:b, " +
			"arn:aws:cloudwatch:us-east-1:123456789012:alarm:a] in the alarm rule do not exist"},
		{
			"OK(arn:aws:cloudwatch:us-east-1:123456789012:alarm:composite)",
			"A composite alarm cannot have a child relation with itself via its AlarmRule, as it would introduce a circular dependency",
		},
		{"ALARM(metric) " + strings.Repeat(" ", 10240), "Error in AlarmRule [The rule has 10254 characters, and may have 10240]"},
		{many(251, "AND"), "Error in AlarmRule [The rule has more than 500 elements]"},
		{strings.Repeat("NOT ", 501) + "TRUE", "Error in AlarmRule [The rule has more than 500 elements]"},
		{strings.Repeat("(", 501) + "TRUE" + strings.Repeat(")", 501), "Error in AlarmRule [The rule has more than 500 parentheses in one another]"},
		{"AT_LEAST(1, OK, (" + strings.Repeat("a,", 501) + "a))", "Error in AlarmRule [The rule has more than 500 elements]"},
		{"AT_LEAST(1, OK, (" + numbered(101) + "))", "Error in AlarmRule [The rule names 101 alarms, and may name 100]"},
	} {
		if got, err := save(tt.rule); err != nil || got != tt.want {
			t.Errorf("%.80q\nwant %s\ngot  %s %v", tt.rule, tt.want, got, err)
		}
	}
}

func numbered(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint("a", i))
	}
	return strings.Join(names, ",")
}

func TestChildren(t *testing.T) {
	const text = "(ALARM(a) OR NOT OK(\"b, \\\"c\\\" \\d\"))\n\tAND AT_LEAST(1, OK, (a, NOT, 50%, arn:aws:cloudwatch:us-east-1:123456789012:alarm:a:b))"
	rule, err := alarmrule.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", `b, "c" \d`, "NOT", "50%", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a:b"}, rule.Children()); diff != "" {
		t.Error(diff)
	}
	names, err := rule.Resolve(owner, func(string) bool { return true })
	if diff := cmp.Diff([]string{"a", `b, "c" \d`, "NOT", "50%", "a:b"}, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if rule.String() != text {
		t.Errorf("%q", rule)
	}
}

// What rules come to where a is in ALARM, o in OK, i in INSUFFICIENT_DATA, and nothing is known of others.
func TestEvaluate(t *testing.T) {
	states := map[string]string{"a": "ALARM", "b": "ALARM", "o": "OK", "p": "OK", "i": "INSUFFICIENT_DATA"}
	for _, tt := range []struct{ rule, want string }{
		{"TRUE", "ALARM []"},
		{"FALSE", "OK []"},
		{"NOT NOT FALSE", "OK []"},
		{"TRUE OR FALSE AND FALSE", "ALARM []"},
		{"(TRUE OR FALSE) AND FALSE", "OK []"},
		{"NOT FALSE AND FALSE", "OK []"},
		{"ALARM(a)", "ALARM [a]"},
		{"ALARM(o)", "OK [o]"},
		{"ALARM(i)", "OK [i]"},
		{"OK(o)", "ALARM [o]"},
		{"INSUFFICIENT_DATA(i)", "ALARM [i]"},
		{"ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)", "ALARM [a]"},
		{"ALARM(a) AND ALARM(b)", "ALARM [a b]"},
		{"ALARM(a) AND ALARM(o)", "OK [o]"},
		{"ALARM(o) AND ALARM(p)", "OK [o p]"},
		{"ALARM(a) OR ALARM(o)", "ALARM [a]"},
		{"ALARM(o) OR ALARM(p)", "OK [o p]"},
		{"ALARM(o) OR TRUE", "ALARM []"},
		{"NOT ALARM(o) AND ALARM(a)", "ALARM [o a]"},
		{"NOT (ALARM(a) OR ALARM(o))", "OK [a]"},
		{"ALARM(a) OR OK(a) OR ALARM(a)", "ALARM [a]"},
		{"ALARM(x)", "INSUFFICIENT_DATA [x]"},
		{"NOT ALARM(x)", "INSUFFICIENT_DATA [x]"},
		{"ALARM(x) OR ALARM(a)", "ALARM [a]"},
		{"ALARM(x) OR ALARM(o)", "INSUFFICIENT_DATA [x]"},
		{"ALARM(x) AND ALARM(o)", "OK [o]"},
		{"ALARM(x) AND ALARM(a)", "INSUFFICIENT_DATA [x]"},
		{"AT_LEAST(1, ALARM, (a, o))", "ALARM [a]"},
		{"AT_LEAST(2, ALARM, (a, o))", "OK [o]"},
		{"AT_LEAST(2, ALARM, (a, a))", "ALARM [a]"},
		{"AT_LEAST(2, NOT ALARM, (a, o, i))", "ALARM [o i]"},
		{"AT_LEAST(50%, ALARM, (a, o, i))", "OK [o i]"},
		{"AT_LEAST(50%, ALARM, (a, b, i))", "ALARM [a b]"},
		{"AT_LEAST(33%, ALARM, (a, o, i))", "ALARM [a]"},
		{"AT_LEAST(34%, ALARM, (a, o, i))", "OK [o i]"},
		{"AT_LEAST(100%, ALARM, (a, b))", "ALARM [a b]"},
		{"AT_LEAST(1%, OK, (a, b, o))", "ALARM [o]"},
		{"AT_LEAST(1, ALARM, (x, a))", "ALARM [a]"},
		{"AT_LEAST(2, ALARM, (x, a))", "INSUFFICIENT_DATA [x]"},
		{"AT_LEAST(2, ALARM, (x, o))", "OK [o]"},
	} {
		rule, err := alarmrule.Parse(tt.rule)
		if err != nil {
			t.Errorf("%s: %v", tt.rule, err)
			continue
		}
		got := rule.Evaluate(func(name string) string { return states[name] })
		if text := fmt.Sprint(got.State, " ", got.Deciding); text != tt.want {
			t.Errorf("%s: %s, want %s", tt.rule, text, tt.want)
		}
	}
}
