package parse_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// TestTrinoAnswers asks everything that a real Trino was asked: what it parsed
// must parse, and what it refused must be refused at the same place in the same
// words.
func TestTrinoAnswers(t *testing.T) {
	parsed, refused := 0, 0
	for _, q := range replaytest.Trino(t) {
		_, err := parse.Statement(q.SQL)
		fault := ""
		switch {
		case q.Error == sqlerr.SyntaxError:
			refused++
			fault = compareError(err, q)
		case err != nil:
			fault = fmt.Sprintf("does not parse: %v", err)
		default:
			parsed++
		}
		if fault != "" {
			t.Errorf("%s: %s\n  of %s", q.ID, fault, q.SQL)
		}
	}
	t.Logf("%d parse as in Trino, %d are refused as there", parsed, refused)
}

func compareError(err error, want replaytest.Question) string {
	if err == nil {
		return "parses, want " + want.Message
	}
	e, ok := errors.AsType[*parse.Error](err)
	if !ok {
		return fmt.Sprintf("not a parse.Error: %v", err)
	}
	if got := fmt.Sprintf("%d:%d", e.Line, e.Column); got != want.At {
		return fmt.Sprintf("at %s, want %s:\n got %v\nwant %s", got, want.At, err, want.Message)
	}
	if err.Error() != want.Message {
		return fmt.Sprintf("in other words:\n got %v\nwant %s", err, want.Message)
	}
	return ""
}
