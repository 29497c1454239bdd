package plan

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// MatchRows is what MATCH_RECOGNIZE makes of the rows of a partition: an array of rows.
type MatchRows struct {
	Rows  Expr   // the partition in order, an array of rows
	Outer []Expr // values that are the same for each row
	// Program is the pattern; a label is its place in Labels.
	Program []PatternOp
	Labels  []string
	Defines []*MatchExpr // the condition of each label; without Expr it is always true
	// Measures are computed for each row that comes out.
	Measures []*MatchExpr
	Output   []MatchOutput
	Mode     ast.RowsPerMatch
	Skip     ast.SkipKind
	SkipTo   []int // labels of which the first or last row is meant
	T        datatype.Type
}

// MatchOutput is a field of a row that comes out: a measure, or a field of the row that
// went in, whichever is not negative.
type MatchOutput struct{ Measure, Field int }

// PatternOp is a step of a pattern's program. Which of its parts are set is the kind's
// matter.
type PatternOp struct {
	Kind PatternOpKind
	Arg  int // the label of a row, where to jump to, the number of a mark
	Else int // of a split: where to go on when Arg leads nowhere
}

// PatternOpKind is a kind of PatternOp.
type PatternOpKind int

// The kinds of step.
const (
	OpRow     PatternOpKind = iota // takes a row that has a label
	OpJump                         // goes on elsewhere
	OpSplit                        // goes on at Arg, or else at Else
	OpStart                        // holds before the first row
	OpEnd                          // holds behind the last row
	OpMark                         // notes where a repeated part starts
	OpMoved                        // holds where rows were taken since the mark
	OpExclude                      // the rows from here on do not come out
	OpInclude                      // they do again
	OpMatch                        // the end
)

// MatchExpr is an expression over what a match tells: column Inputs[i].ID is its ith
// argument.
type MatchExpr struct {
	Expr   Expr
	Inputs []MatchInput
}

// MatchInputKind is a kind of MatchInput.
type MatchInputKind int

// The kinds of input.
const (
	MatchField      MatchInputKind = iota // a field of a row
	MatchClassifier                       // the label of a row
	MatchNumber                           // the number of the match
	MatchOuter                            // a value of Outer
	MatchAggregate                        // an aggregate of rows
)

// MatchInput is something that a match tells.
type MatchInput struct {
	ID    ID
	T     datatype.Type
	Kind  MatchInputKind
	Index int // of the field or the outer value
	// Rows are those of the match that have one of the labels, all for nil. Of a field or a
	// label it is the one that Navigation leads to.
	Rows []int
	Navigation
	// Of an aggregate: the arguments are over Inputs, whose rows are each of Rows.
	Name   string
	Args   []Expr
	Inputs []MatchInput
}

// Navigation leads to a row: the last of the rows, or the first, so many rows further
// inside, and from there so many rows on in the partition.
type Navigation struct {
	First   bool
	Final   bool // all rows of the match count, not only those so far
	Logical int64
	Further int64
}

// Type returns an array of rows.
func (e *MatchRows) Type() datatype.Type { return e.T }

func rewriteMatchRows(e *MatchRows, all func([]Expr) []Expr, f func(Expr) Expr) Expr {
	replaced := *e
	replaced.Rows, replaced.Outer = f(e.Rows), all(e.Outer)
	return &replaced
}
