package gentest_test

import (
	"testing"

	"github.com/sillok/sillok/internal/sql/gentest"
	"github.com/sillok/sillok/internal/sql/parse"
)

// TestStatementsParse checks that what is made is SQL, and that a seed makes it again.
func TestStatementsParse(t *testing.T) {
	again := gentest.New(7)
	g := gentest.New(7)
	for range 2000 {
		for _, made := range [][2]string{{g.Expression(), again.Expression()}, {g.Statement(), again.Statement()}} {
			if made[0] != made[1] {
				t.Fatalf("one seed makes\n%s\nand\n%s", made[0], made[1])
			}
			if _, err := parse.Statement(made[0]); err != nil {
				t.Fatalf("%s\n%v", made[0], err)
			}
		}
	}
}
