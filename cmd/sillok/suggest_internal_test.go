package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// SQL that begins with a comment is no flag; everything else stays what it is.
func TestSQLIsNoFlag(t *testing.T) {
	for _, tt := range []struct {
		name       string
		args, want []string
	}{
		{name: "nothing"},
		{name: "a comment", args: []string{"query", "-- x\nSELECT 1"}, want: []string{"query", " -- x\nSELECT 1"}},
		{name: "without a blank", args: []string{"query", "--x\nSELECT 1"}, want: []string{"query", " --x\nSELECT 1"}},
		{name: "like a flag with a value", args: []string{"query", "--from=x\nSELECT 1"}, want: []string{"query", " --from=x\nSELECT 1"}},
		{name: "of one line", args: []string{"query", "-- x"}, want: []string{"query", " -- x"}},
		{name: "flags", args: []string{"query", "--from", "a b", "--output=json", "-o", "csv"}, want: []string{"query", "--from", "a b", "--output=json", "-o", "csv"}},
		{name: "a value with blanks", args: []string{"query", "--from=a b"}, want: []string{"query", "--from=a b"}},
		{name: "after the end of flags", args: []string{"query", "--", "-- x"}, want: []string{"query", "--", "-- x"}},
		{name: "another command", args: []string{"calls", "-- x"}, want: []string{"calls", "-- x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, sqlNotFlags(tt.args)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
