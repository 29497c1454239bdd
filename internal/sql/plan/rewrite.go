package plan

// Children returns the expressions directly in e: arguments, branches, a
// lambda's body. Those of a subquery's nodes are not among them.
func Children(e Expr) []Expr {
	var children []Expr
	Rewrite(e, func(child Expr) Expr {
		children = append(children, child)
		return child
	})
	return children
}

// Subquery returns the node of a subquery expression, or nil.
func Subquery(e Expr) Node {
	switch e := e.(type) {
	case *Scalar:
		return e.Query
	case *Exists:
		return e.Query
	case *InQuery:
		return e.Query
	case *Quantified:
		return e.Query
	default:
		return nil
	}
}

// Rewrite returns e with each expression directly in it replaced by what f
// returns for it; e itself is not changed.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	all := func(items []Expr) []Expr {
		replaced := make([]Expr, len(items))
		for i, item := range items {
			replaced[i] = f(item)
		}
		return replaced
	}
	switch e := e.(type) {
	case *Call:
		return &Call{Name: e.Name, Args: all(e.Args), T: e.T}
	case *Cast:
		return &Cast{X: f(e.X), T: e.T, Try: e.Try, Coercion: e.Coercion}
	case *Logical:
		return &Logical{And: e.And, Terms: all(e.Terms)}
	case *Not:
		return &Not{X: f(e.X)}
	case *IsNull:
		return &IsNull{X: f(e.X)}
	case *Between:
		return &Between{X: f(e.X), Low: f(e.Low), High: f(e.High)}
	case *In:
		return &In{X: f(e.X), Items: all(e.Items)}
	case *Case:
		replaced := &Case{Param: e.Param, Whens: make([]When, len(e.Whens)), T: e.T}
		if e.Operand != nil {
			replaced.Operand = f(e.Operand)
		}
		for i, w := range e.Whens {
			replaced.Whens[i] = When{Condition: f(w.Condition), Result: f(w.Result)}
		}
		replaced.Else = f(e.Else)
		return replaced
	case *Coalesce:
		return &Coalesce{Items: all(e.Items)}
	case *NullIf:
		return &NullIf{X: f(e.X), Param: e.Param, Compare: f(e.Compare)}
	case *Try:
		return &Try{X: f(e.X)}
	case *Field:
		return &Field{X: f(e.X), Index: e.Index, T: e.T}
	case *RowOf:
		return &RowOf{Items: all(e.Items), T: e.T}
	case *ArrayOf:
		return &ArrayOf{Items: all(e.Items), T: e.T}
	case *Lambda:
		return &Lambda{Params: e.Params, Body: f(e.Body), T: e.T}
	case *InQuery:
		return &InQuery{X: f(e.X), Query: e.Query, Column: e.Column, At: e.At}
	case *Quantified:
		return &Quantified{X: f(e.X), Op: e.Op, All: e.All, Query: e.Query, Column: e.Column, At: e.At}
	case *JSONPathCall:
		return rewriteJSONPath(e, f)
	case *MatchRows:
		return rewriteMatchRows(e, all, f)
	case *JSONTable:
		return rewriteJSONTable(e, f)
	case *JSONBuild:
		return rewriteJSONBuild(e, f)
	default: // literals, references and subqueries hold no expression of their own
		return e
	}
}
