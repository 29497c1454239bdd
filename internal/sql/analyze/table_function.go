package analyze

import (
	"math/big"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// tableFunction is TABLE(function(…)).
func (a *analyzer) tableFunction(r *ast.TableFunction, outer *scope) (relation, error) {
	name := r.Call.Name.String()
	switch strings.ToLower(name) {
	case "sequence", "system.builtin.sequence":
		return a.sequence(r)
	case "exclude_columns", "system.builtin.exclude_columns":
		return a.excludeColumns(r, outer)
	}
	return relation{}, a.fail(r.Call, "FUNCTION_NOT_FOUND", "Table function '%s' not registered", name)
}

// tableArguments returns the arguments by the names of the parameters.
func (a *analyzer) tableArguments(r *ast.TableFunction, params ...string) (map[string]ast.Expr, error) {
	args := map[string]ast.Expr{}
	if len(r.Call.Args) > len(params) {
		return nil, a.fail(r.Call, "INVALID_ARGUMENTS", "Too many arguments. Expected at most %d arguments, got %d arguments", len(params), len(r.Call.Args))
	}
	for i, arg := range r.Call.Args {
		name := params[i]
		if arg.Name != nil {
			name = strings.ToUpper(arg.Name.Name)
		}
		if !slices.Contains(params, name) {
			return nil, a.fail(arg.Name, "INVALID_FUNCTION_ARGUMENT", "Unexpected argument name: %s", name)
		}
		if _, twice := args[name]; twice {
			return nil, a.fail(arg.Name, "INVALID_FUNCTION_ARGUMENT", "Duplicate argument name: %s", name)
		}
		args[name] = arg.Expr
	}
	return args, nil
}

// argumentOf returns where the argument with a value begins: at its name, if it has one.
func argumentOf(r *ast.TableFunction, value ast.Expr) ast.Node {
	for _, arg := range r.Call.Args {
		if arg.Expr == value && arg.Name != nil {
			return arg.Name
		}
	}
	return value
}

func (a *analyzer) missingArgument(r *ast.TableFunction, name string) error {
	return a.fail(r.Call, "MISSING_ARGUMENT", "Missing argument: %s", name)
}

// maxSequence is how many numbers an array that stands for a sequence has.
const maxSequence = 10_000

// sequence is the numbers from START to STOP. More than an array holds are two of
// them, joined.
func (a *analyzer) sequence(r *ast.TableFunction) (relation, error) {
	args, err := a.tableArguments(r, "START", "STOP", "STEP")
	if err != nil {
		return relation{}, err
	}
	if args["STOP"] == nil {
		return relation{}, a.missingArgument(r, "STOP")
	}
	values := map[string]int64{"START": 0, "STEP": 1}
	for _, name := range []string{"START", "STOP", "STEP"} {
		if args[name] == nil {
			continue
		}
		if values[name], err = a.sequenceArgument(name, args[name]); err != nil {
			return relation{}, err
		}
	}
	start, stop, step := values["START"], values["STOP"], values["STEP"]
	switch {
	case start == stop:
		step = 1
	case start < stop && step <= 0:
		return relation{}, sqlerr.New(sqlerr.InvalidFunctionArgument, "Step must be positive for sequence [%d, %d]", start, stop)
	case start > stop && step >= 0:
		return relation{}, sqlerr.New(sqlerr.InvalidFunctionArgument, "Step must be negative for sequence [%d, %d]", start, stop)
	}
	last := new(big.Int).Sub(big.NewInt(stop), big.NewInt(start))
	last.Quo(last, big.NewInt(step))
	if !last.IsInt64() || last.Int64() >= maxSequence*maxSequence {
		return relation{}, a.refuse(r, "TABLE(sequence(…)) of more than 100,000,000 numbers")
	}
	return a.counted(start, step, last.Int64()), nil
}

// sequenceArgument reads a constant bigint.
func (a *analyzer) sequenceArgument(name string, e ast.Expr) (int64, error) {
	x := &exprs{analyzer: a, scope: &scope{boundary: true}}
	typed, err := x.expr(e)
	if err != nil {
		return 0, err
	}
	typed, err = x.want(e, typed, bigint, "Argument "+name)
	if err != nil {
		return 0, err
	}
	negative := false
	for {
		switch c := typed.(type) {
		case *plan.Cast:
			typed = c.X
			continue
		case *plan.Call:
			if c.Name == plan.OpNegate {
				typed, negative = c.Args[0], !negative
				continue
			}
		case *plan.Const:
			n, ok := c.Value.(int64)
			switch {
			case c.Value == nil:
				return 0, sqlerr.New(sqlerr.InvalidFunctionArgument, "%s is null", name[:1]+strings.ToLower(name[1:]))
			case ok && negative:
				return -n, nil
			case ok:
				return n, nil
			}
		}
		return 0, a.refuse(e, "an argument of TABLE(sequence(…)) that is not a literal")
	}
}

// counted yields start + n * step for n from 0 to last.
func (a *analyzer) counted(start, step, last int64) relation {
	digit := func(from, to int64) (*plan.Unnest, plan.Expr) {
		column := a.column(bigint)
		list := &plan.Call{Name: "sequence", Args: []plan.Expr{bigintOf(from), bigintOf(to)}, T: datatype.ArrayOf(bigint)}
		return &plan.Unnest{Items: []plan.UnnestItem{{Expr: list, Columns: []plan.Column{column}}}}, &plan.ColumnRef{ID: column.ID, T: bigint}
	}
	calculate := func(op string, x, y plan.Expr) plan.Expr {
		return &plan.Call{Name: op, Args: []plan.Expr{x, y}, T: bigint}
	}
	unnest, n := digit(0, min(last, maxSequence-1))
	var node plan.Node = unnest
	if last >= maxSequence {
		high, tens := digit(0, last/maxSequence)
		n = calculate(plan.OpAdd, calculate(plan.OpMultiply, tens, bigintOf(maxSequence)), n)
		node = &plan.Filter{
			Input:     &plan.Join{Kind: ast.CrossJoin, Left: high, Right: unnest},
			Condition: &plan.Call{Name: plan.OpLessEqual, Args: []plan.Expr{n, bigintOf(last)}, T: boolean},
		}
	}
	value := plan.Computed{Column: a.column(bigint), Expr: calculate(plan.OpAdd, bigintOf(start), calculate(plan.OpMultiply, n, bigintOf(step)))}
	return relation{
		node:   &plan.Project{Input: node, Columns: []plan.Computed{value}},
		fields: []field{{name: "sequential_number", column: value.Column}},
	}
}

func bigintOf(n int64) plan.Expr { return &plan.Const{Value: n, T: bigint} }

// excludeColumns is a table without some of its columns.
func (a *analyzer) excludeColumns(r *ast.TableFunction, outer *scope) (relation, error) {
	args, err := a.tableArguments(r, "INPUT", "COLUMNS")
	if err != nil {
		return relation{}, err
	}
	for _, name := range []string{"INPUT", "COLUMNS"} {
		if args[name] == nil {
			return relation{}, a.missingArgument(r, name)
		}
	}
	input, ok := args["INPUT"].(*ast.TableInput)
	if !ok {
		return relation{}, a.fail(args["INPUT"], "INVALID_FUNCTION_ARGUMENT", "Invalid argument INPUT. Expected table, got expression")
	}
	if input.Clauses {
		return relation{}, a.refuse(input, "a clause after the table of exclude_columns")
	}
	columns, ok := args["COLUMNS"].(*ast.Descriptor)
	if !ok || !columns.Null && len(columns.Names) == 0 {
		return relation{}, a.fail(argumentOf(r, args["COLUMNS"]), sqlerr.InvalidFunctionArgument,
			"Invalid descriptor argument COLUMNS. Descriptors should be formatted as 'DESCRIPTOR(name [type], ...)'")
	}
	inner, err := a.from(input.Relation, outer)
	if err != nil {
		return relation{}, err
	}
	fields := visible(inner.fields)
	switch {
	case columns.Null:
		return relation{}, sqlerr.New(sqlerr.InvalidFunctionArgument, "COLUMNS descriptor is null")
	case columns.Typed:
		return relation{}, sqlerr.New(sqlerr.InvalidFunctionArgument, "COLUMNS descriptor contains types")
	}
	return a.without(inner, fields, columns.Names)
}

func (a *analyzer) without(inner relation, fields []field, names []ast.Identifier) (relation, error) {
	var absent []string
	excluded := map[string]bool{}
	for _, name := range names {
		excluded[name.Lower()] = true
		if !slices.ContainsFunc(fields, func(f field) bool { return strings.EqualFold(f.name, name.Name) }) {
			absent = append(absent, name.Lower())
		}
	}
	if len(absent) > 0 {
		return relation{}, sqlerr.New(sqlerr.InvalidFunctionArgument, "Excluded columns: [%s] not present in the table", strings.Join(absent, ", "))
	}
	kept := slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return excluded[strings.ToLower(f.name)] })
	if len(kept) == 0 {
		return relation{}, sqlerr.New(sqlerr.InvalidFunctionArgument, "All columns are excluded")
	}
	return relation{node: onlyColumns(inner.node, kept), fields: qualified(kept)}, nil
}
