package ast

// PatternRecognition is relation MATCH_RECOGNIZE (…).
type PatternRecognition struct {
	Pos
	Relation    Relation
	PartitionBy []Expr
	OrderBy     []SortItem
	Measures    []Measure
	Rows        RowsPerMatch
	Skip        SkipTo
	Search      *Identifier // INITIAL or SEEK; nil when not given
	Pattern     *RowPattern
	Subsets     []Subset
	Definitions []Measure // a condition for each label
}

// Measure is expression AS name, or name AS expression in DEFINE.
type Measure struct {
	Pos
	Name Identifier
	Expr Expr
}

// RowsPerMatch says which rows come out of a match.
type RowsPerMatch int

// The kinds of rows.
const (
	OneRowPerMatch RowsPerMatch = iota
	AllRowsShowEmpty
	AllRowsOmitEmpty
	AllRowsWithUnmatched
)

// SkipTo says where the search goes on after a match.
type SkipTo struct {
	Pos
	Kind  SkipKind
	Label Identifier // of SkipToFirst and SkipToLast
}

// SkipKind is how SkipTo finds the row.
type SkipKind int

// The kinds of skipping.
const (
	SkipPastLast SkipKind = iota
	SkipToNext
	SkipToFirst
	SkipToLast
)

// Subset is name = (labels).
type Subset struct {
	Pos
	Name   Identifier
	Labels []Identifier
}

// RowPatternKind is a kind of RowPattern.
type RowPatternKind int

// The kinds of row pattern.
const (
	PatternLabel     RowPatternKind = iota // A
	PatternEmpty                           // ()
	PatternStart                           // ^
	PatternEnd                             // $
	PatternConcat                          // A B
	PatternAlternate                       // A | B
	PatternPermute                         // PERMUTE(A, B)
	PatternExclude                         // {- A -}
	PatternRepeat                          // A{1,2}
)

// RowPattern is a part of PATTERN.
type RowPattern struct {
	Pos
	Kind      RowPatternKind
	Label     Identifier
	Parts     []*RowPattern
	Min, Max  int64 // of PatternRepeat; Max is -1 without a bound
	Reluctant bool
	// Quantifier is where the quantifier of PatternRepeat stands.
	Quantifier Pos
}

func (*PatternRecognition) relation() {}
