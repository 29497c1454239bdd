package plan

// Replace returns e with every part that f has an answer for replaced by it. e
// is not changed, and the nodes of subqueries are not entered.
func Replace(e Expr, f func(Expr) (Expr, bool)) Expr {
	if r, ok := f(e); ok {
		return r
	}
	return Rewrite(e, func(child Expr) Expr { return Replace(child, f) })
}

// Any reports whether f is true of e or of a part of it.
func Any(e Expr, f func(Expr) bool) bool {
	if f(e) {
		return true
	}
	for _, c := range Children(e) {
		if Any(c, f) {
			return true
		}
	}
	return false
}

// Conjuncts returns the terms of a condition that all have to be true.
func Conjuncts(e Expr) []Expr {
	l, ok := e.(*Logical)
	if !ok || !l.And {
		return []Expr{e}
	}
	var terms []Expr
	for _, t := range l.Terms {
		terms = append(terms, Conjuncts(t)...)
	}
	return terms
}
