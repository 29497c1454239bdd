package main_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	main "github.com/sillok/sillok/cmd/sillok"
)

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{
		"./AWSLogs": "./AWSLogs",
		"it's here": `'it'\''s here'`,
		"":          "''",
	} {
		if diff := cmp.Diff(want, main.Quoted(word)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", word, diff)
		}
	}
}
