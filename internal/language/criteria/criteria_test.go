package criteria_test

import (
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/language/criteria"
)

var fields = []string{"@aws.account", "@aws.region", "LogGroupName"}

func TestCriteria(t *testing.T) {
	worth := map[string]string{"@aws.account": "111122223333", "@aws.region": "us-east-1", "LogGroupName": "a b"}
	for text, want := range map[string]bool{
		`@aws.region = "us-east-1"`:                                                true,
		`@aws.region="us-east-1"`:                                                  true,
		`@aws.region != "us-east-1"`:                                               false,
		`@aws.region NOT IN ["cn-north-1"]`:                                        true,
		`@aws.account IN ["123456789012", "111122223333"]`:                         true,
		`@aws.account = "111122223333" AND @aws.region = "us-east-1"`:              true,
		`@aws.account = "1" AND @aws.region = "us-east-1"`:                         false,
		`@aws.account = "1" OR @aws.region = "us-east-1"`:                          true,
		`@aws.account = "1" AND @aws.region = "x" OR @aws.region = "us-east-1"`:    true,
		`@aws.account = "1" AND (@aws.region = "x" OR @aws.region = "us-east-1")`:  false,
		`LogGroupName NOT IN ["a","b"]`:                                            true,
		`LogGroupName not in ['a b']`:                                              false,
		`LogGroupName = "a \"b"`:                                                   false,
		"\tLogGroupName\n=\r\"a b\" ":                                              true,
		strings.Repeat("(", 50) + `LogGroupName = "a b"` + strings.Repeat(")", 50): true,
		`LogGroupName = "A b"`:                                                     false,
		`LogGroupName != "x" and LogGroupName != "y" and LogGroupName != "a b"`:    false,
	} {
		c, err := criteria.Compile(text, fields...)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := c.Holds(func(field string) string { return worth[field] }); got != want {
			t.Errorf("%s holds: %t", text, got)
		}
	}
}

func TestCriteriaThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "the criteria end where one of the fields @aws.account, @aws.region, LogGroupName is expected at position 0",
		`LogGroupName`:                "the criteria end where =, !=, IN or NOT IN is expected at position 12",
		`LogGroup = "a"`:              `"LogGroup" where one of the fields @aws.account, @aws.region, LogGroupName is expected at position 0`,
		`LogGroupName = a`:            `"a" where a text in quotes is expected at position 15`,
		`LogGroupName LIKE "a"`:       `"LIKE" where =, !=, IN or NOT IN is expected at position 13`,
		`LogGroupName IN "a"`:         `"a" where [ is expected at position 16`,
		`LogGroupName IN []`:          `"]" where a text in quotes is expected at position 17`,
		`LogGroupName IN ["a" "b"]`:   `"b" where , or ] is expected at position 21`,
		`LogGroupName = "a`:           `"\"a" where a text in quotes is expected at position 15`,
		`(LogGroupName = "a"`:         "the criteria end where ) is expected at position 19",
		`LogGroupName = "a" "b"`:      `"b" where AND, OR or the end is expected at position 19`,
		`LogGroupName = "a" AND`:      "the criteria end where one of the fields @aws.account, @aws.region, LogGroupName is expected at position 22",
		"LogGroupName = \x00":         `"\x00" where a text in quotes is expected at position 15`,
		strings.Repeat("(", 51) + `x`: "more than 50 parentheses in one another at position 50",
		`LogGroupName IN ["a"` + strings.Repeat(`,"a"`, 1000) + "]": "more than 1000 values at position 4017",
	} {
		_, err := criteria.Compile(text, fields...)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestTheOneTestThatCriteriaAre(t *testing.T) {
	c, err := criteria.Compile(`LogGroupName NOT IN ["a"]`, fields...)
	if err != nil {
		t.Fatal(err)
	}
	if field, values, not, ok := c.Only(); field != "LogGroupName" || len(values) != 1 || values[0] != "a" || !not || !ok {
		t.Error(field, values, not, ok)
	}
	if c, err = criteria.Compile(`LogGroupName = "a" OR LogGroupName = "b"`, fields...); err != nil {
		t.Fatal(err)
	}
	if _, _, _, ok := c.Only(); ok {
		t.Error("two tests are one")
	}
}

// What compiles says so again, and never panics.
func FuzzCriteria(f *testing.F) {
	f.Add(`LogGroupName NOT IN ["a","b"]`)
	f.Add(`(@aws.account = "1" OR @aws.region != 'x') AND LogGroupName IN ["\""]`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := criteria.Compile(text, fields...)
		if err != nil {
			return
		}
		if c.String() != text {
			t.Errorf("%q is told as %q", text, c)
		}
		c.Holds(func(string) string { return "" })
	})
}
