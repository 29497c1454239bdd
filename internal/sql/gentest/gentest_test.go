package gentest_test

import (
	"testing"

	"github.com/sillok/sillok/internal/sql/gentest"
	"github.com/sillok/sillok/internal/sql/parse"
)

// TestQuestionsParse makes up many questions, which all must be grammatical, and
// the same a second time.
func TestQuestionsParse(t *testing.T) {
	for seed := range uint64(2000) {
		for _, question := range []func(uint64) string{gentest.Expression, gentest.Statement} {
			sql := question(seed)
			if _, err := parse.Statement(sql); err != nil {
				t.Errorf("seed %d: %v\n%s", seed, err, sql)
			}
			if again := question(seed); again != sql {
				t.Errorf("seed %d asks once\n%s\nand then\n%s", seed, sql, again)
			}
		}
	}
}
