package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// comparison computes one of constants. One with NULL is NULL, unless it tells NULL
// from others. One of a CASE with a constant or a column compares each result.
func (f *folder) comparison(e *plan.Call) plan.Expr {
	left, right := e.Args[0], e.Args[1]
	switch {
	case isConst(left) && isConst(right):
		return f.compared(e)
	case e.Name == plan.OpDistinct && isNullConst(left):
		return &plan.Not{X: &plan.IsNull{X: right}}
	case e.Name == plan.OpDistinct && isNullConst(right):
		return &plan.Not{X: &plan.IsNull{X: left}}
	case e.Name != plan.OpDistinct && (isNullConst(left) || isNullConst(right)):
		return truth(nil)
	}
	f.checkTruncated(e)
	if c := f.unwrapped(e); c != nil && !f.ofRow {
		return c
	}
	if c, ok := left.(*plan.Case); ok && simple(right) {
		return compareResults(c, func(result plan.Expr) plan.Expr { return callOf(e.Name, result, right) })
	}
	if c, ok := right.(*plan.Case); ok && simple(left) {
		return compareResults(c, func(result plan.Expr) plan.Expr { return callOf(e.Name, left, result) })
	}
	return nil
}

func simple(e plan.Expr) bool {
	switch e.(type) {
	case *plan.Const, *plan.ColumnRef, *plan.ParamRef:
		return true
	}
	return false
}

func callOf(op string, left, right plan.Expr) plan.Expr {
	return &plan.Call{Name: op, Args: []plan.Expr{left, right}, T: boolean()}
}

func compareResults(c *plan.Case, compare func(plan.Expr) plan.Expr) plan.Expr {
	compared := &plan.Case{Operand: c.Operand, Param: c.Param, Else: compare(c.Else), T: boolean()}
	for _, when := range c.Whens {
		compared.Whens = append(compared.Whens, plan.When{Condition: when.Condition, Result: compare(when.Result)})
	}
	return compared
}

// decisive returns the constant among the terms of AND or OR that decides, where it
// is written there; nil when none is.
func decisive(e *plan.Logical) plan.Expr {
	for _, term := range e.Terms {
		if inner, ok := term.(*plan.Logical); ok && inner.And == e.And {
			if c := decisive(inner); c != nil {
				return c
			}
		}
		if is(term, !e.And) {
			return term
		}
	}
	return nil
}

// alternatives makes IN of terms of OR that compare the same with others.
func alternatives(terms []plan.Expr) []plan.Expr {
	places, merged := map[string]int{}, []plan.Expr{}
	for _, term := range terms {
		call, ok := term.(*plan.Call)
		if !ok || call.Name != plan.OpEqual || isConst(call.Args[0]) || len(call.Args[0].Type().Elems) > 0 || volatile(call) {
			merged = append(merged, term)
			continue
		}
		key := keyOf(call.Args[0])
		at, ok := places[key]
		if !ok {
			places[key] = len(merged)
			merged = append(merged, term)
			continue
		}
		in, ok := merged[at].(*plan.In)
		if !ok {
			first, _ := merged[at].(*plan.Call)
			in = &plan.In{X: first.Args[0], Items: []plan.Expr{first.Args[1]}}
		}
		merged[at] = &plan.In{X: in.X, Items: append(slices.Clone(in.Items), call.Args[1])}
	}
	return merged
}

// logical drops the terms that decide nothing, and all others where one decides.
func logical(e *plan.Logical) plan.Expr {
	flat := flatten(e.And, e.Terms)
	if !e.And {
		flat = alternatives(flat)
	}
	var kept []plan.Expr
	seen := newSet()
	nulls := 0
	for _, term := range flat {
		switch {
		case is(term, !e.And):
			return term
		case is(term, e.And), seen.has(term):
			continue
		case isNullConst(term):
			nulls++
		}
		kept = append(kept, term)
		seen.add(term)
	}
	switch {
	case len(kept) == 0:
		return truth(e.And)
	case nulls == len(kept):
		return truth(nil)
	case len(kept) == 1:
		return kept[0]
	case len(kept) == len(e.Terms):
		return nil
	}
	return &plan.Logical{And: e.And, Terms: kept}
}

func flatten(and bool, terms []plan.Expr) []plan.Expr {
	if !slices.ContainsFunc(terms, func(t plan.Expr) bool { inner, ok := t.(*plan.Logical); return ok && inner.And == and }) {
		return terms
	}
	var flat []plan.Expr
	for _, term := range terms {
		if inner, ok := term.(*plan.Logical); ok && inner.And == and {
			flat = append(flat, flatten(and, inner.Terms)...)
			continue
		}
		flat = append(flat, term)
	}
	return flat
}

func not(e *plan.Not) plan.Expr {
	switch x := e.X.(type) {
	case *plan.Const:
		if v, ok := x.Value.(bool); ok {
			return truth(!v)
		}
		return truth(nil)
	case *plan.Not:
		return x.X
	case *plan.Call:
		switch x.Name {
		case plan.OpEqual:
			return callOf(plan.OpNotEqual, x.Args[0], x.Args[1])
		case plan.OpNotEqual:
			return callOf(plan.OpEqual, x.Args[0], x.Args[1])
		}
	}
	return nil
}

// negated is NOT of AND or OR, which Trino makes OR or AND of what is not.
func negated(e *plan.Logical) plan.Expr {
	terms := make([]plan.Expr, len(e.Terms))
	for i, term := range e.Terms {
		if inner, ok := term.(*plan.Logical); ok {
			terms[i] = negated(inner)
		} else {
			terms[i] = &plan.Not{X: term}
		}
	}
	return &plan.Logical{And: !e.And, Terms: terms}
}

// isNull looks at what can be NULL in a value: a comparison is where a side is.
func isNull(e *plan.IsNull) plan.Expr {
	switch x := e.X.(type) {
	case *plan.Const:
		return truth(x.Value == nil)
	case *plan.IsNull, *plan.RowOf:
		return truth(false)
	case *plan.Not:
		return &plan.IsNull{X: x.X}
	case *plan.Call:
		switch {
		case x.Name == plan.OpDistinct:
			return truth(false)
		case isComparison(x.Name):
			return &plan.Logical{Terms: []plan.Expr{&plan.IsNull{X: x.Args[0]}, &plan.IsNull{X: x.Args[1]}}}
		}
	}
	return nil
}

// between compares a constant with the ends, and the ends with each other where they
// are constant: nothing lies between those that are in the wrong order.
func (f *folder) between(e *plan.Between) plan.Expr {
	falseIf := func(condition plan.Expr) plan.Expr {
		return &plan.Case{Whens: []plan.When{{Condition: condition, Result: truth(false)}}, Else: truth(nil), T: boolean()}
	}
	known := isConst(e.Low) && isConst(e.High)
	switch {
	case isConst(e.X):
		return &plan.Logical{And: true, Terms: []plan.Expr{callOf(plan.OpLessEqual, e.Low, e.X), callOf(plan.OpLessEqual, e.X, e.High)}}
	case isNullConst(e.Low) && isNullConst(e.High):
		return truth(nil)
	case isNullConst(e.Low):
		return falseIf(callOf(plan.OpGreater, e.X, e.High))
	case isNullConst(e.High):
		return falseIf(callOf(plan.OpLess, e.X, e.Low))
	case known:
		order := f.compared(callOf(plan.OpLessEqual, e.Low, e.High))
		if order != nil && !is(order, true) {
			return falseIf(&plan.Not{X: &plan.IsNull{X: e.X}})
		}
	}
	return nil
}

// in compares a constant with constants. Items that repeat are dropped; where an item
// is the value itself and none can fail, only NULL keeps it from being true.
func (f *folder) in(e *plan.In) plan.Expr {
	if isConst(e.X) && !slices.ContainsFunc(e.Items, func(item plan.Expr) bool { return !isConst(item) }) {
		return f.compared(e)
	}
	if len(e.Items) == 1 {
		return callOf(plan.OpEqual, e.X, e.Items[0])
	}
	seen := newSet()
	var safe, risky []plan.Expr
	same := false
	for _, item := range e.Items {
		if seen.has(item) {
			continue
		}
		if seen.add(item); seen.same(item, e.X) {
			same = true
		}
		if MayFail(item) {
			risky = append(risky, item)
		} else {
			safe = append(safe, item)
		}
	}
	if same && len(risky) == 0 && len(e.X.Type().Elems) == 0 {
		return &plan.Case{Whens: []plan.When{{Condition: &plan.IsNull{X: e.X}, Result: truth(nil)}}, Else: truth(true), T: boolean()}
	}
	if items := append(safe, risky...); len(items) < len(e.Items) {
		return &plan.In{X: e.X, Items: items}
	}
	return nil
}

// MayFail reports whether computing e can fail.
func MayFail(e plan.Expr) bool {
	return plan.Any(e, func(part plan.Expr) bool {
		switch part := part.(type) {
		case *plan.Call:
			return !isComparison(part.Name) || len(part.Args[0].Type().Elems) > 0
		case *plan.Cast, *plan.JSONPathCall, *plan.JSONBuild:
			return true
		}
		return false
	})
}

// caseOf drops the branches that no row takes, and those behind one that every row takes.
func caseOf(e *plan.Case) plan.Expr {
	kept := &plan.Case{Else: e.Else, T: e.T}
	seen := newSet()
	for _, when := range e.Whens {
		if c, ok := when.Condition.(*plan.Const); ok {
			if c.Value == true {
				kept.Else = when.Result
				break
			}
			continue
		}
		if seen.has(when.Condition) {
			continue
		}
		seen.add(when.Condition)
		kept.Whens = append(kept.Whens, when)
	}
	switch {
	case len(kept.Whens) == 0:
		return kept.Else
	case e.T.Kind == datatype.Boolean && truths(kept):
		return conditionOf(kept.Whens, kept.Else)
	case len(kept.Whens) == len(e.Whens) && kept.Else == e.Else:
		return nil
	}
	return kept
}

// truths reports whether the results of a CASE are TRUE and FALSE alone.
func truths(e *plan.Case) bool {
	isTruth := func(e plan.Expr) bool { return is(e, true) || is(e, false) }
	return isTruth(e.Else) && !volatile(e) && !slices.ContainsFunc(e.Whens, func(w plan.When) bool { return !isTruth(w.Result) })
}

// conditionOf returns the condition that a CASE of TRUE and FALSE is. Behind the last
// branch whose result is another than that of Else nothing is asked.
func conditionOf(whens []plan.When, otherwise plan.Expr) plan.Expr {
	if len(whens) == 0 {
		return otherwise
	}
	is := func(not bool) plan.Expr { // $distinct: condition IS [NOT] TRUE
		distinct := callOf(plan.OpDistinct, whens[0].Condition, truth(true))
		if not {
			return distinct
		}
		return &plan.Not{X: distinct}
	}
	rest := conditionOf(whens[1:], otherwise)
	if isTrue(whens[0].Result) {
		if isTrue(rest) {
			return rest
		}
		return &plan.Logical{Terms: []plan.Expr{is(false), rest}}
	}
	if c, ok := rest.(*plan.Const); ok && c.Value == false {
		return rest
	}
	return &plan.Logical{And: true, Terms: []plan.Expr{is(true), rest}}
}

func isTrue(e plan.Expr) bool { return is(e, true) }

// simpleCase computes a CASE over a constant up to the first branch that is not
// constant, and drops the branches that repeat.
func (f *folder) simpleCase(e *plan.Case) plan.Expr {
	kept := &plan.Case{Operand: e.Operand, Param: e.Param, Else: e.Else, T: e.T}
	seen := newSet()
	operand, constant := e.Operand.(*plan.Const)
	if constant && operand.Value == nil {
		return e.Else
	}
	for _, when := range e.Whens {
		value := comparedWith(when.Condition, e.Param)
		if value == nil { // the comparison was folded: with NULL it is never true
			if is(when.Condition, true) {
				kept.Else = when.Result
				break
			}
			if isConst(when.Condition) && constant {
				continue
			}
			kept.Whens = append(kept.Whens, when)
			continue
		}
		switch {
		case seen.has(value):
			continue
		case constant && isConst(value):
			if same := f.compared(callOf(plan.OpEqual, operand, value)); same == nil {
				kept.Whens = append(kept.Whens, when)
			} else if is(same, true) {
				kept.Else = when.Result
				return rest(kept, e)
			}
			continue
		case seen.same(value, e.Operand) && !volatile(value):
			kept.Else = when.Result
			return rest(kept, e)
		}
		seen.add(value)
		kept.Whens = append(kept.Whens, when)
	}
	return rest(kept, e)
}

// rest returns kept, or nil when that is all of e.
func rest(kept, e *plan.Case) plan.Expr {
	switch {
	case len(kept.Whens) == 0 && isConst(kept.Operand):
		return kept.Else
	case len(kept.Whens) == len(e.Whens) && kept.Else == e.Else:
		return nil
	}
	return kept
}

// comparedWith returns what a condition of a simple CASE compares the operand with;
// nil when it is none that compares.
func comparedWith(condition plan.Expr, param plan.Column) plan.Expr {
	call, ok := condition.(*plan.Call)
	if !ok || call.Name != plan.OpEqual {
		return nil
	}
	if ref, ok := call.Args[0].(*plan.ParamRef); ok && ref.ID == param.ID {
		return call.Args[1]
	}
	return nil
}

// coalesce drops NULL, what repeats, and what stands behind a constant.
func coalesce(e *plan.Coalesce) plan.Expr {
	var items, kept []plan.Expr
	for _, item := range e.Items {
		if inner, ok := item.(*plan.Coalesce); ok {
			items = append(items, inner.Items...)
			continue
		}
		items = append(items, item)
	}
	seen := newSet()
	for _, item := range items {
		if isNullConst(item) || seen.has(item) {
			continue
		}
		seen.add(item)
		kept = append(kept, item)
		if isConst(item) {
			break
		}
	}
	switch {
	case len(kept) == 0:
		return &plan.Const{T: e.Type()}
	case len(kept) == 1:
		return kept[0]
	case len(kept) == len(e.Items):
		return nil
	}
	return &plan.Coalesce{Items: kept}
}

// nullIf compares constants.
func (f *folder) nullIf(e *plan.NullIf) plan.Expr {
	if isNullConst(e.X) {
		return e.X
	}
	if isNullConst(e.Compare) { // the other is NULL
		return e.X
	}
	x, ok := e.X.(*plan.Const)
	if !ok || open(e.Compare, map[plan.ID]bool{e.Param.ID: true}) {
		return nil
	}
	call, ok := e.Compare.(*plan.Call)
	if !ok || call.Name != plan.OpEqual || !isConst(call.Args[1]) {
		return nil
	}
	same := f.compared(plan.Replace(e.Compare, func(part plan.Expr) (plan.Expr, bool) {
		ref, ok := part.(*plan.ParamRef)
		return x, ok && ref.ID == e.Param.ID
	}))
	switch {
	case same == nil:
		return nil
	case is(same, true):
		return &plan.Const{T: e.X.Type()}
	}
	return x
}
