package plan

// References adds the columns to which e refers, within its subqueries too.
func References(e Expr, into map[ID]bool) {
	if e == nil {
		return
	}
	if ref, ok := e.(*ColumnRef); ok {
		into[ref.ID] = true
		return
	}
	if node := Subquery(e); node != nil {
		NodeReferences(node, into)
	}
	for _, child := range Children(e) {
		References(child, into)
	}
}

// NodeReferences adds the columns to which n, and the nodes below it, refer.
func NodeReferences(n Node, into map[ID]bool) {
	Exprs(n, func(e Expr) { References(e, into) })
	for _, input := range Inputs(n) {
		NodeReferences(input, into)
	}
}

// Free returns the columns to which n refers and that nothing below it makes: those of
// the enclosing query.
func Free(n Node) map[ID]bool {
	refs, made := map[ID]bool{}, map[ID]bool{}
	NodeReferences(n, refs)
	Made(n, made)
	for id := range made {
		delete(refs, id)
	}
	return refs
}

// Made adds the columns that n, and the nodes and subqueries below it, make.
func Made(n Node, into map[ID]bool) {
	for _, c := range Columns(n) {
		into[c.ID] = true
	}
	Exprs(n, func(e Expr) { exprColumns(e, into) })
	for _, input := range Inputs(n) {
		Made(input, into)
	}
}

func exprColumns(e Expr, into map[ID]bool) {
	if node := Subquery(e); node != nil {
		Made(node, into)
	}
	for _, child := range Children(e) {
		exprColumns(child, into)
	}
}
