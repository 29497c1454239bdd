package plan

import "github.com/sillok/sillok/internal/sql/datatype"

// JSONPathCall is JSON_EXISTS, JSON_VALUE or JSON_QUERY. Every default is
// written out.
type JSONPathCall struct {
	Name    string // "json_exists", "json_value" or "json_query"
	Input   Expr   // varchar, char, varbinary or unknown
	Path    string // as written, with its mode
	Passing []JSONPassing
	// Encoding is that of a varbinary Input: "UTF8", "UTF16" or "UTF32".
	Encoding   string
	Wrapper    string // of json_query: "WITHOUT", "CONDITIONAL" or "UNCONDITIONAL"
	OmitQuotes bool   // of json_query
	OnEmpty    JSONBehavior
	OnError    JSONBehavior
	// Output is the encoding of a varbinary result of json_query.
	Output string
	T      datatype.Type
}

// JSONTable is the rows of JSON_TABLE, an array of them. It has none where Input is NULL.
type JSONTable struct {
	Input    Expr // varchar, char, varbinary or unknown
	Encoding string
	Passing  []JSONPassing
	Root     JSONTablePath
	// Errors says that a path that fails is an error, and not one without items.
	Errors bool
	T      datatype.Type
}

// StrictJSONTable returns the JSON_TABLE on the right of a lateral join that fails for what
// is no JSON; nil for other nodes.
func StrictJSONTable(node Node) *JSONTable {
	join, ok := node.(*Join)
	if !ok || !join.Lateral {
		return nil
	}
	unnest, ok := join.Right.(*Unnest)
	if !ok || len(unnest.Items) != 1 {
		return nil
	}
	if table, ok := unnest.Items[0].Expr.(*JSONTable); ok && table.Errors {
		return table
	}
	return nil
}

// JSONTablePath is a path of JSON_TABLE and what is made of each of its items.
type JSONTablePath struct {
	Path    string
	Columns []JSONTableColumn
	Nested  *JSONTableNest // nil when it has no paths within
	Inner   bool           // an item for which Nested has no row gives none
}

// JSONTableNest is a path, or two that go together: the rows of the one and then those of
// the other, or each of the one with each of the other when Cross.
type JSONTableNest struct {
	Path        *JSONTablePath
	Cross       bool
	Left, Right *JSONTableNest
}

// JSONTableColumn is field Index of the row: the number of the item from 1, or a
// json_value or json_query without Input, of the item.
type JSONTableColumn struct {
	Index int
	Value *JSONPathCall // nil for the number
}

// Type returns an array of rows.
func (e *JSONTable) Type() datatype.Type { return e.T }

// Calls returns the calls of all columns, in an order that does not change.
func (e *JSONTable) Calls() []*JSONPathCall { return e.Root.calls(nil) }

func (p *JSONTablePath) calls(all []*JSONPathCall) []*JSONPathCall {
	for _, c := range p.Columns {
		if c.Value != nil {
			all = append(all, c.Value)
		}
	}
	return p.Nested.calls(all)
}

func (n *JSONTableNest) calls(all []*JSONPathCall) []*JSONPathCall {
	switch {
	case n == nil:
		return all
	case n.Path != nil:
		return n.Path.calls(all)
	}
	return n.Right.calls(n.Left.calls(all))
}

func rewriteJSONTable(e *JSONTable, f func(Expr) Expr) Expr {
	replaced := *e
	replaced.Input = f(e.Input)
	replaced.Passing = make([]JSONPassing, len(e.Passing))
	for i, p := range e.Passing {
		p.Value.Expr = f(p.Value.Expr)
		replaced.Passing[i] = p
	}
	replaced.Root = e.Root.rewritten(f)
	return &replaced
}

func (p *JSONTablePath) rewritten(f func(Expr) Expr) JSONTablePath {
	replaced := *p
	replaced.Columns = make([]JSONTableColumn, len(p.Columns))
	for i, c := range p.Columns {
		if c.Value != nil {
			call := *c.Value
			for _, behavior := range []*JSONBehavior{&call.OnEmpty, &call.OnError} {
				if behavior.Default != nil {
					behavior.Default = f(behavior.Default)
				}
			}
			c.Value = &call
		}
		replaced.Columns[i] = c
	}
	replaced.Nested = p.Nested.rewritten(f)
	return replaced
}

func (n *JSONTableNest) rewritten(f func(Expr) Expr) *JSONTableNest {
	switch {
	case n == nil:
		return nil
	case n.Path != nil:
		path := n.Path.rewritten(f)
		return &JSONTableNest{Path: &path}
	}
	return &JSONTableNest{Cross: n.Cross, Left: n.Left.rewritten(f), Right: n.Right.rewritten(f)}
}

// JSONPassing is a parameter of a JSON path.
type JSONPassing struct {
	Name  string // as written
	Value JSONItem
}

// JSONItem is a value that becomes part of JSON. With JSON set it is text that
// holds JSON, in Encoding when it is varbinary; otherwise it is a value in its own right.
type JSONItem struct {
	Expr     Expr
	JSON     bool
	Encoding string
}

// JSONBehavior is what ON EMPTY or ON ERROR does. Kind is "ERROR", "NULL",
// "DEFAULT", "TRUE", "FALSE", "UNKNOWN", "EMPTY ARRAY" or "EMPTY OBJECT"; empty
// where the call has no such clause. Default is set for "DEFAULT", of the call's type.
type JSONBehavior struct {
	Kind    string
	Default Expr
}

// JSONBuild is JSON_OBJECT or JSON_ARRAY; Keys is nil for an array.
type JSONBuild struct {
	Name       string // "json_object" or "json_array"
	Keys       []Expr
	Items      []JSONItem
	NullOnNull bool
	UniqueKeys bool
	Output     string // encoding of a varbinary result
	T          datatype.Type
}

// Type returns the type of RETURNING, or boolean for json_exists.
func (e *JSONPathCall) Type() datatype.Type { return e.T }

// Type returns the type of RETURNING.
func (e *JSONBuild) Type() datatype.Type { return e.T }

func rewriteJSONPath(e *JSONPathCall, f func(Expr) Expr) Expr {
	replaced := *e
	replaced.Input = f(e.Input)
	replaced.Passing = make([]JSONPassing, len(e.Passing))
	for i, p := range e.Passing {
		p.Value.Expr = f(p.Value.Expr)
		replaced.Passing[i] = p
	}
	for _, behavior := range []*JSONBehavior{&replaced.OnEmpty, &replaced.OnError} {
		if behavior.Default != nil {
			behavior.Default = f(behavior.Default)
		}
	}
	return &replaced
}

func rewriteJSONBuild(e *JSONBuild, f func(Expr) Expr) Expr {
	replaced := *e
	replaced.Keys = nil
	replaced.Items = make([]JSONItem, len(e.Items))
	for i, item := range e.Items {
		if e.Keys != nil {
			replaced.Keys = append(replaced.Keys, f(e.Keys[i]))
		}
		item.Expr = f(item.Expr)
		replaced.Items[i] = item
	}
	return &replaced
}
