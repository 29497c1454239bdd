package plan

import (
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// Expr is a typed expression. Its parts have exactly the types that it needs:
// wherever Trino coerces, the analyzer has put a *Cast.
type Expr interface {
	// Type returns the expression's type.
	Type() datatype.Type
}

// Const is a literal. Value is nil for NULL, else by kind: Boolean bool;
// integers int64; Real float32; Double float64; Decimal *big.Int, unscaled;
// Varchar, Char, JSON string; Varbinary []byte; Date int64, days since 1970;
// Time value.Time; TimeTZ value.TimeTZ; Timestamp value.Timestamp; TimestampTZ
// value.TimestampTZ; IntervalDayToSecond int64, milliseconds;
// IntervalYearToMonth int64, months; JSONPath string, the path's text; others
// are a Cast of a varchar Const.
type Const struct {
	Value any
	T     datatype.Type
}

// ColumnRef is the value of a column.
type ColumnRef struct {
	ID ID
	T  datatype.Type
}

// ParamRef is the value of a lambda's parameter, numbered like a column.
type ParamRef struct {
	ID ID
	T  datatype.Type
}

// Call is a scalar function or operator on arguments of exactly the types of
// Params, in Trino's spelling of the resolved signature. Name is the function's
// lower-case name, or an operator's: see the Op constants. An argument of
// function type is a *Lambda.
type Call struct {
	Name string
	Args []Expr
	T    datatype.Type
}

// Names of operators as they stand in Call.Name. Both arguments of an
// arithmetic or comparison operator are of the same type, except for decimals
// (each with its own precision and scale) and for the mixes of temporals and
// intervals that Trino defines.
const (
	OpAdd       = "$add"
	OpSubtract  = "$subtract"
	OpMultiply  = "$multiply"
	OpDivide    = "$divide"
	OpModulus   = "$modulus"
	OpNegate    = "$negate"
	OpEqual     = "$equal"
	OpNotEqual  = "$not_equal"
	OpLess      = "$less"
	OpLessEqual = "$less_equal"
	OpGreater   = "$greater"
	OpGreaterEq = "$greater_equal"
	OpDistinct  = "$is_distinct" // IS DISTINCT FROM
	OpSubscript = "$subscript"   // array[bigint], map[key]
	OpConcat    = "concat"       // || resolves to the function
	OpLike      = "$like"        // value, pattern, and escape when written
	OpExtract   = "$extract_"    // followed by the lower-case field: "$extract_year"
	OpAtZone    = "$at_timezone" // AT TIME ZONE, which takes a time of day too
)

// Cast converts X to T by Trino's rules. Try makes a failure NULL. Coercion
// marks one that the analyzer put in.
type Cast struct {
	X        Expr
	T        datatype.Type
	Try      bool
	Coercion bool
}

// Logical is AND or OR over booleans.
type Logical struct {
	And   bool
	Terms []Expr
}

// Not negates a boolean.
type Not struct{ X Expr }

// IsNull is X IS NULL.
type IsNull struct{ X Expr }

// Between is Low <= X AND X <= High; all of one type.
type Between struct{ X, Low, High Expr }

// In is X IN (Items); all of one type.
type In struct {
	X     Expr
	Items []Expr
}

// Case yields the result of the first true condition, else Else, which is never nil.
// With an Operand it is computed once, before the conditions, which refer to it as
// the parameter Param; where it is NULL, Else is the result.
type Case struct {
	Operand Expr // nil for a CASE of conditions
	Param   Column
	Whens   []When
	Else    Expr
	T       datatype.Type
}

// When is a condition (boolean) and its result.
type When struct{ Condition, Result Expr }

// Coalesce yields the first value that is not NULL; all of one type.
type Coalesce struct{ Items []Expr }

// NullIf yields NULL when X is NULL or Compare is true, else X. Compare refers to the
// value of X as the parameter Param.
type NullIf struct {
	X       Expr
	Param   Column
	Compare Expr
}

// Try yields NULL when X fails with one of the errors that TRY catches.
type Try struct{ X Expr }

// Field is field Index of a row.
type Field struct {
	X     Expr
	Index int
	T     datatype.Type
}

// RowOf builds a row.
type RowOf struct {
	Items []Expr
	T     datatype.Type
}

// ArrayOf builds an array; all items of the element type.
type ArrayOf struct {
	Items []Expr
	T     datatype.Type
}

// Lambda is an argument of a higher-order function.
type Lambda struct {
	Params []Column
	Body   Expr
	T      datatype.Type // Function
}

// Scalar is a subquery used as a value: NULL without rows, an error with two.
type Scalar struct {
	Query  Node
	Column Column
	At     Place
}

// Exists is EXISTS (query).
type Exists struct {
	Query Node
	At    Place
}

// InQuery is X IN (query), of the same type as the query's one column.
type InQuery struct {
	X      Expr
	Query  Node
	Column Column
	At     Place
}

// Quantified is X op ALL|ANY (query), where Op is one of the comparison
// operators above.
type Quantified struct {
	X      Expr
	Op     string
	All    bool
	Query  Node
	Column Column
	At     Place
}

// Membership reports whether e is IN, or NOT IN, in other words.
func (e *Quantified) Membership() bool {
	return !e.All && e.Op == OpEqual || e.All && e.Op == OpNotEqual
}

// Place is where something stands in the statement, from 1; zero where nobody knows.
type Place struct{ Line, Column int }

// Now is the time at which the query started, of type Date, Time(p),
// TimeTZ(p), Timestamp(p) or TimestampTZ(p).
type Now struct{ T datatype.Type }

func boolean() datatype.Type { return datatype.Of(datatype.Boolean) }

// Type returns the literal's type.
func (e *Const) Type() datatype.Type { return e.T }

// Type returns the column's type.
func (e *ColumnRef) Type() datatype.Type { return e.T }

// Type returns the parameter's type.
func (e *ParamRef) Type() datatype.Type { return e.T }

// Type returns the result's type.
func (e *Call) Type() datatype.Type { return e.T }

// Type returns the target type.
func (e *Cast) Type() datatype.Type { return e.T }

// Type returns boolean.
func (e *Logical) Type() datatype.Type { return boolean() }

// Type returns boolean.
func (e *Not) Type() datatype.Type { return boolean() }

// Type returns boolean.
func (e *IsNull) Type() datatype.Type { return boolean() }

// Type returns boolean.
func (e *Between) Type() datatype.Type { return boolean() }

// Type returns boolean.
func (e *In) Type() datatype.Type { return boolean() }

// Type returns the type that all results share.
func (e *Case) Type() datatype.Type { return e.T }

// Type returns the type that all items share.
func (e *Coalesce) Type() datatype.Type { return e.Items[0].Type() }

// Type returns the type of X.
func (e *NullIf) Type() datatype.Type { return e.X.Type() }

// Type returns the type of X.
func (e *Try) Type() datatype.Type { return e.X.Type() }

// Type returns the field's type.
func (e *Field) Type() datatype.Type { return e.T }

// Type returns the row's type.
func (e *RowOf) Type() datatype.Type { return e.T }

// Type returns the array's type.
func (e *ArrayOf) Type() datatype.Type { return e.T }

// Type returns the function type.
func (e *Lambda) Type() datatype.Type { return e.T }

// Type returns the type of the query's column.
func (e *Scalar) Type() datatype.Type { return e.Column.Type }

// Type returns boolean.
func (e *Exists) Type() datatype.Type { return boolean() }

// Type returns boolean.
func (e *InQuery) Type() datatype.Type { return boolean() }

// Type returns boolean.
func (e *Quantified) Type() datatype.Type { return boolean() }

// Type returns the type of the current date or time.
func (e *Now) Type() datatype.Type { return e.T }

// DecimalConst returns a decimal literal.
func DecimalConst(unscaled *big.Int, precision, scale int) *Const {
	return &Const{Value: unscaled, T: datatype.DecimalOf(precision, scale)}
}
