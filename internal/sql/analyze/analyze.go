package analyze

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Catalog resolves tables and views.
type Catalog interface {
	// Relation returns the table or view of the given names, all lower-case. It
	// returns nil when the database has none, ErrNoDatabase or ErrNoCatalog when
	// that is missing, and any other error when the catalog could not be asked.
	Relation(ctx context.Context, catalog, database, name string) (*Relation, error)
}

// What is missing when a Catalog does not find a relation.
var (
	ErrNoCatalog  = errors.New("catalog does not exist")
	ErrNoDatabase = errors.New("database does not exist")
)

// Relation is a table or a view: one of the two is set.
type Relation struct {
	Table *plan.Table
	View  *View
}

// View is a stored query. Its names resolve in the catalog and the database in
// which it was made.
type View struct {
	SQL               string
	Catalog, Database string
	Columns           []ViewColumn
}

// ViewColumn is a column that the view had when it was made.
type ViewColumn struct {
	Name string
	Type datatype.Type
}

// Session is what a statement's meaning takes from who asks it.
type Session struct {
	Catalog, Database string // for names without them; lower-case
	User              string
	// Parameters are the values of ?, in order; their places are in ParameterSource.
	Parameters      []ast.Expr
	ParameterSource string
	// TimeTexts has a text that is compared with a timestamp be one, as CloudTrail Lake has
	// it: eventTime > '2026-03-01 12:00:00'.
	TimeTexts bool
}

// Query analyzes q, whose text is src. An error about the statement is a
// *sqlerr.Error.
func Query(ctx context.Context, src string, q *ast.Query, catalog Catalog, session Session) (_ *plan.Query, err error) {
	defer settle(&err)
	a := &analyzer{
		shared:   &shared{budget: newBudget(ctx), listed: listingOf(ctx, catalog), top: q},
		src:      src,
		catalog:  session.Catalog,
		database: session.Database,
		session:  session,
	}
	a.relation = a.resolvedOnce(func(catalogName, database, name string) (*Relation, error) {
		return catalog.Relation(ctx, catalogName, database, name)
	})
	body, err := a.query(q, &scope{boundary: true})
	if err != nil {
		return nil, err
	}
	a.checkDepth(body.node, 0)
	body.node = wrapWith(a.named, body.node)
	if err := a.fillInformation(body.node); err != nil {
		return nil, err
	}
	return finish(body), nil
}

// analyzer analyzes one text: the statement, or a view that it reads.
type analyzer struct {
	*shared
	src               string // in which positions stand
	catalog, database string // of unqualified names
	session           Session
	relation          func(catalog, database, name string) (*Relation, error)
	expanding         []string // views, outermost first
	// sealed forbids references to an enclosing query.
	sealed bool
	// recursive is set within a query of WITH RECURSIVE.
	recursive bool
}

// shared numbers the columns and the named queries of the whole statement.
type shared struct {
	*budget
	lastID  plan.ID
	lastCTE int
	// views are those that the statement reads, by their full names.
	views map[string]*viewUse
	// named are the views that became named queries of the whole statement.
	named []*cte
	// top is the query whose order is that of the answer.
	top *ast.Query
	// places holds where an expression stands, for messages.
	places map[plan.Expr]ast.Expr
	// listed asks the catalog what it holds; pending waits for its answer.
	listed  listing
	pending []*information
}

func (s *shared) column(t datatype.Type) plan.Column {
	s.spend(1)
	s.lastID++
	return plan.Column{ID: s.lastID, Type: t}
}

func (a *analyzer) fail(at ast.Node, name, format string, args ...any) error {
	return sqlerr.At(a.src, at.Position(), name, format, args...)
}

// written returns the text from start up to end, as far as it is there.
func (a *analyzer) written(start, end ast.Pos) string {
	last := min(int(end), len(a.src))
	return a.src[min(int(start), last):last]
}

// placeOf returns where a part of the text stands.
func (a *analyzer) placeOf(at ast.Node) plan.Place {
	line, column := at.Position().LineColumn(a.src)
	return plan.Place{Line: line, Column: column}
}

// refuse is the error for a construct that is not carried.
func (a *analyzer) refuse(at ast.Node, construct string) error {
	err := sqlerr.Refused(construct)
	err.Line, err.Column = at.Position().LineColumn(a.src)
	return err
}

// relation is what stands in FROM, or the body of a query: a node and the names
// of its columns.
type relation struct {
	node   plan.Node
	fields []field
}

// finish makes the root of the plan: names for the anonymous columns.
func finish(r relation) *plan.Query {
	q := &plan.Query{Root: r.node}
	for i, f := range r.fields {
		name := f.name
		if name == "" {
			name = anonymous(i)
		}
		q.Columns = append(q.Columns, plan.Output{Name: name, ID: f.column.ID, Type: f.column.Type})
	}
	return q
}
