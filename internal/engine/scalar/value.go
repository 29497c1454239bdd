// Package scalar is Trino's scalar semantics in Go: every function, operator
// and cast, on values of Trino's types. It is the reference that an engine's
// own expressions must equal, and what an engine calls where its own differ.
//
// Values are those of package value; a function is a Lambda.
//
// A failure is a *sqlerr.Error with Trino's name and words and without a place.
package scalar

import (
	"maps"
	"slices"
	"sync"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Lambda is a function value.
type Lambda func(args ...any) (any, error)

// Func is a function with its types settled. args are of exactly the types that it
// was looked up with. It must not keep or change args. What it makes and does it
// counts in w, unless that is in proportion to its arguments.
type Func func(w *work.Work, args []any) (any, error)

// Function is what Lookup finds.
type Function struct {
	Call Func
	// NullCall means that Call wants to see NULL arguments; otherwise the result
	// is NULL when any argument is, and Call is not called.
	NullCall bool
	// Strict are the places of arguments whose NULL makes the result NULL all the same.
	Strict []int
	// Volatile means that two calls with equal arguments may differ.
	Volatile bool
	// Always means that the function fails for every value: a cast under TRY_CAST too, any
	// other where it is part of a plan.
	Always bool

	counts bool // Call counts what it makes
}

// NullFrom reports whether the result is NULL when the argument at a place is.
func (f Function) NullFrom(place int) bool { return !f.NullCall || slices.Contains(f.Strict, place) }

// binder settles a function for argument and result types; it reports false when
// the function has no form for them.
type binder func(params []datatype.Type, result datatype.Type) (Function, bool)

// Lookup returns the function or operator (a name of plan.Op…) for arguments of
// exactly the types params that yields result, and whether there is one.
func Lookup(name string, params []datatype.Type, result datatype.Type) (Function, bool) {
	for _, family := range tables() {
		if bind, ok := family[name]; ok {
			if f, ok := bind(params, result); ok {
				if !isPiece(name) {
					f = counted(f)
				}
				return f, true
			}
		}
	}
	return Function{}, false
}

// Names returns the names of all functions and operators that Lookup may find, each
// once: those by which a plan calls them.
func Names() []string {
	var names []string
	for _, family := range tables() {
		names = slices.AppendSeq(names, maps.Keys(family))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isPiece reports whether a function returns a piece of an argument, or the
// argument, which takes no memory of its own.
func isPiece(name string) bool {
	switch name {
	case plan.OpSubscript, "element_at", "slice", "trim_array", "map_keys", "map_values", "json_format",
		"substr", "trim", "ltrim", "rtrim", "split_part":
		return true
	}
	return false
}

// tables are built once, then only read.
var tables = sync.OnceValue(families)

// families returns the tables of functions, one a file or two of this package.
func families() []map[string]binder {
	return []map[string]binder{
		arithmeticFamily(), comparisonFamily(), mathFamily(), randomFamily(), statisticsFamily(), vectorFamily(), bitwiseFamily(),
		extractFamily(), dateTimeFamily(), dateFormatFamily(), unitFamily(),
		stringFamily(), likeFamily(), regexpFamily(), jsonFamily(), urlFamily(), binaryFamily(), hashFamily(), networkFamily(),
		arrayFamily(), setFamily(), sequenceFamily(), mapFamily(), lambdaFamily(), printfFamily(), sketchFamily(), sessionFamily(),
	}
}
