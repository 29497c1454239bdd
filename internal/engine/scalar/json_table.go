package scalar

import (
	"slices"

	"github.com/sillok/sillok/internal/engine/scalar/json"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Defaults are those of a call, nil where it has none.
type Defaults struct{ OnEmpty, OnError Default }

// JSONTable returns how the rows of JSON_TABLE are computed from its input, the parameters
// of its paths and the defaults of its Calls.
func JSONTable(t *plan.JSONTable) (func(w *work.Work, input any, passing []any, defaults []Defaults) (any, error), error) {
	parameters, err := jsonParameters(t.Passing)
	if err != nil {
		return nil, err
	}
	made := &jsonTable{width: len(t.T.Elem().Elems), errors: t.Errors}
	root, err := made.path(&t.Root)
	if err != nil {
		return nil, err
	}
	return func(w *work.Work, input any, passing []any, defaults []Defaults) (any, error) {
		if input == nil {
			return []any{}, nil
		}
		run := &jsonTableRun{jsonTable: made, w: w, defaults: defaults}
		rows, err := run.rows(root, func() (item *json.Node, err error) {
			if item, err = jsonRoot(w, t.Input.Type(), t.Encoding, input); err == nil {
				run.parameters, err = parameters(w, passing)
			}
			return item, err
		})
		if err != nil {
			return nil, err
		}
		all := make([]any, len(rows))
		for i, row := range rows {
			all[i] = row
		}
		return all, nil
	}, nil
}

// jsonTable is what all paths of a table share.
type jsonTable struct {
	width  int
	errors bool
	calls  int
}

// jsonTableRun is one input on its way to rows.
type jsonTableRun struct {
	*jsonTable

	w          *work.Work
	parameters json.Parameters
	defaults   []Defaults
}

// rows returns the rows of what read returns, none where it fails and that is no error.
func (r *jsonTableRun) rows(root *tablePath, read func() (*json.Node, error)) ([][]any, error) {
	item, err := read()
	if err != nil {
		return nil, r.failure(err)
	}
	return root.rows(r, item)
}

// failure returns err where it is more than nothing to be found.
func (r *jsonTableRun) failure(err error) error {
	if r.errors || work.Ended(err) || isRefused(err) {
		return err
	}
	return nil
}

func (r *jsonTableRun) evaluate(path json.SQLPath, item *json.Node) ([]*json.Node, error) {
	return path.Evaluate(item, r.parameters, func(items int) error { return r.w.Repeat(items, work.Element) })
}

type tablePath struct {
	path    json.SQLPath
	columns []tableColumn
	nested  *tableNest
	inner   bool
}

type tableColumn struct {
	index int
	form  *jsonForm // nil for the number of the item
	call  int       // the place of its defaults
}

type tableNest struct {
	path        *tablePath
	cross       bool
	left, right *tableNest
}

func (t *jsonTable) path(p *plan.JSONTablePath) (*tablePath, error) {
	path, err := json.ParseSQLPath(p.Path)
	if err != nil {
		return nil, err
	}
	made := &tablePath{path: path, inner: p.Inner}
	for _, c := range p.Columns {
		column := tableColumn{index: c.Index}
		if c.Value != nil {
			if column.form, err = jsonFormOf(c.Value); err != nil {
				return nil, err
			}
			column.call = t.calls
			t.calls++
		}
		made.columns = append(made.columns, column)
	}
	made.nested, err = t.nest(p.Nested)
	return made, err
}

func (t *jsonTable) nest(n *plan.JSONTableNest) (*tableNest, error) {
	if n == nil {
		return nil, nil
	}
	var err error
	made := &tableNest{cross: n.Cross}
	if n.Path != nil {
		made.path, err = t.path(n.Path)
		return made, err
	}
	if made.left, err = t.nest(n.Left); err != nil {
		return nil, err
	}
	made.right, err = t.nest(n.Right)
	return made, err
}

// rows returns the rows of the items that a path leads to from item.
func (p *tablePath) rows(r *jsonTableRun, item *json.Node) ([][]any, error) {
	items, err := r.evaluate(p.path, item)
	if err != nil {
		return nil, r.failure(err)
	}
	var all [][]any
	for i, item := range items {
		row, err := p.row(r, int64(i+1), item)
		if err != nil {
			return nil, err
		}
		if p.nested == nil {
			all = append(all, row)
			continue
		}
		nested, err := p.nested.rows(r, item)
		if err != nil {
			return nil, err
		}
		if len(nested) == 0 && !p.inner {
			all = append(all, row)
		}
		for _, below := range nested {
			all = append(all, merged(row, below))
		}
	}
	return all, nil
}

func (p *tablePath) row(r *jsonTableRun, number int64, item *json.Node) ([]any, error) {
	if err := r.w.Repeat(r.width, work.Element); err != nil {
		return nil, err
	}
	row := make([]any, r.width)
	for _, c := range p.columns {
		if c.form == nil {
			row[c.index] = number
			continue
		}
		items, err := r.evaluate(c.form.path, item)
		if work.Ended(err) || isRefused(err) {
			return nil, err
		}
		defaults := r.defaults[c.call]
		if row[c.index], err = c.form.apply(r.w, items, err, defaults.OnEmpty, defaults.OnError); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// merged puts together two rows, of which at most one has a value in each column.
func merged(a, b []any) []any {
	row := slices.Clone(a)
	for i, v := range b {
		if v != nil {
			row[i] = v
		}
	}
	return row
}

func (n *tableNest) rows(r *jsonTableRun, item *json.Node) ([][]any, error) {
	if n.path != nil {
		return n.path.rows(r, item)
	}
	left, err := n.left.rows(r, item)
	if err != nil {
		return nil, err
	}
	right, err := n.right.rows(r, item)
	if err != nil || !n.cross {
		return append(left, right...), err
	}
	var all [][]any
	for _, a := range left {
		if err := r.w.Repeat(len(right)*r.width, work.Element); err != nil {
			return nil, err
		}
		for _, b := range right {
			all = append(all, merged(a, b))
		}
	}
	return all, nil
}
