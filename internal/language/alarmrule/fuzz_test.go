package alarmrule_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/language/alarmrule"
)

// FuzzParse holds Parse to what it promises: a rule, or an *Error in AWS's form. A rule within
// a NOT is its opposite, decided by the same alarms.
func FuzzParse(f *testing.F) {
	for _, rule := range []string{
		"TRUE", "ALARM(a) AND NOT (OK(b) OR INSUFFICIENT_DATA(\"c \\\" d\"))", "AT_LEAST(50%, NOT ALARM, (a,b,a))", "ALARM(", "AT_LEAST(1, ALARM, ())",
		"TRUE && FALSE", "ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:a:b)", "(((TRUE", "\"", "가 나",
	} {
		f.Add(rule, "a")
	}
	f.Fuzz(func(t *testing.T, text, alarming string) {
		rule, err := alarmrule.Parse(text)
		if err != nil {
			if e, ok := errors.AsType[*alarmrule.Error](err); !ok || !strings.HasPrefix(e.Message, "Error in AlarmRule [") {
				t.Errorf("%q: %#v", text, err)
			}
			return
		}
		state := func(name string) string {
			switch {
			case name == alarming:
				return "ALARM"
			case len(name)%3 == 0:
				return ""
			}
			return "OK"
		}
		got := rule.Evaluate(state)
		opposite := map[string]string{"ALARM": "OK", "OK": "ALARM", "INSUFFICIENT_DATA": "INSUFFICIENT_DATA"}[got.State]
		if len(got.Deciding) > len(rule.Children()) || opposite == "" {
			t.Errorf("%q: %v of %v", text, got, rule.Children())
		}
		reverse, err := alarmrule.Parse("NOT (" + text + ")")
		if err != nil {
			return // it is at one of the limits
		}
		if r := reverse.Evaluate(state); r.State != opposite || strings.Join(r.Deciding, "\n") != strings.Join(got.Deciding, "\n") {
			t.Errorf("%q: %v, and its opposite %v", text, got, r)
		}
		if _, err := rule.Resolve(alarmrule.Owner{Name: alarming}, func(string) bool { return true }); err != nil {
			if _, ok := errors.AsType[*alarmrule.Error](err); !ok {
				t.Errorf("%q: %#v", text, err)
			}
		}
	})
}
