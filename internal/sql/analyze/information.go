package analyze

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Lister is a Catalog that can say what it holds: what information_schema and
// "table$partitions" are made of. Names are lower-case.
type Lister interface {
	Catalog
	// Databases returns the names of the databases, or ErrNoCatalog.
	Databases(ctx context.Context, catalog string) ([]string, error)
	// Tables yields the tables and views of the given names in the given databases; nil
	// stands for all of them. A name that does not exist yields nothing.
	Tables(ctx context.Context, catalog string, databases, names []string) iter.Seq2[Listed, error]
	// Partitions returns the values of each partition of a table, in the order of the
	// partition columns.
	Partitions(ctx context.Context, t *plan.Table) iter.Seq2[[]string, error]
}

// Listed is a table or a view of a Lister.
type Listed struct {
	Database, Name string
	View           bool
	Definition     string // of a view
	Columns        []ListedColumn
}

// ListedColumn is a column with its type in Trino's spelling.
type ListedColumn struct {
	Name, Type, Comment string
	Partition           bool
}

// listing is a Lister bound to the context of a statement; its functions are nil where
// the catalog is none.
type listing struct {
	databases  func(catalog string) ([]string, error)
	tables     func(catalog string, databases, names []string) iter.Seq2[Listed, error]
	partitions func(t *plan.Table) iter.Seq2[[]string, error]
}

func listingOf(ctx context.Context, catalog Catalog) listing {
	l, ok := catalog.(Lister)
	if !ok {
		return listing{}
	}
	return listing{
		databases: func(catalog string) ([]string, error) { return l.Databases(ctx, catalog) },
		tables: func(catalog string, databases, names []string) iter.Seq2[Listed, error] {
			return l.Tables(ctx, catalog, databases, names)
		},
		partitions: func(t *plan.Table) iter.Seq2[[]string, error] { return l.Partitions(ctx, t) },
	}
}

const informationSchema = "information_schema"

// maxInformation is how many rows a table of the catalog may have in a statement.
const maxInformation = 20_000

// informationTables are the columns of the tables of information_schema: varchar but
// for ordinal_position; those after "|" are seen only when named.
var informationTables = map[string]string{
	"applicable_roles": "grantee grantee_type role_name is_grantable",
	"columns":          "table_catalog table_schema table_name column_name ordinal_position column_default is_nullable data_type | comment extra_info",
	"enabled_roles":    "role_name",
	"roles":            "role_name",
	"schemata":         "catalog_name schema_name",
	"table_privileges": "grantor grantor_type grantee grantee_type table_catalog table_schema table_name privilege_type is_grantable with_hierarchy",
	"tables":           "table_catalog table_schema table_name table_type",
	"views":            "table_catalog table_schema table_name view_definition",
}

// information is a table of information_schema whose rows are asked for once it is
// known which of them the statement wants.
type information struct {
	at             ast.Node
	src            string
	catalog, table string
	node           *plan.Values
	names          []string
}

// information analyzes a table of information_schema.
func (a *analyzer) information(r *ast.Table, names []string) (relation, error) {
	if a.listed.databases == nil {
		return relation{}, a.refuse(r, informationSchema)
	}
	if _, err := a.listed.databases(names[0]); err != nil {
		return relation{}, a.missing(r, names, nil, err)
	}
	columns, ok := informationTables[names[2]]
	if !ok {
		return relation{}, a.missing(r, names, nil, nil)
	}
	i := &information{at: r, src: a.src, catalog: names[0], table: names[2], node: &plan.Values{}}
	var fields []field
	hidden := false
	for name := range strings.FieldsSeq(columns) {
		if name == "|" {
			hidden = true
			continue
		}
		t := datatype.Text()
		if name == "ordinal_position" {
			t = bigint
		}
		column := a.column(t)
		i.node.Columns, i.names = append(i.node.Columns, column), append(i.names, name)
		fields = append(fields, field{name: name, relation: names, column: column, hidden: hidden})
	}
	a.pending = append(a.pending, i)
	return relation{node: i.node, fields: fields}, nil
}

// fillInformation asks for the rows of the tables of information_schema that stand in node.
func (s *shared) fillInformation(node plan.Node) error {
	if len(s.pending) == 0 {
		return nil
	}
	w := wanting{wanted: map[plan.ID][]string{}, same: map[plan.ID]plan.ID{}}
	w.node(node)
	for _, i := range s.pending {
		if err := s.fill(i, w); err != nil {
			return err
		}
	}
	return nil
}

func (s *shared) fill(i *information, w wanting) error {
	of := func(name string) []string {
		if at := slices.Index(i.names, name); at >= 0 {
			return w.wanted[i.node.Columns[at].ID]
		}
		return nil
	}
	databases, names := of("table_schema"), of("table_name")
	add := func(values ...any) error {
		row := make([]plan.Expr, len(values))
		for n, v := range values {
			row[n] = &plan.Const{Value: v, T: i.node.Columns[n].Type}
		}
		if i.node.Rows = append(i.node.Rows, row); len(i.node.Rows) > maxInformation {
			return sqlerr.At(i.src, i.at.Position(), "EXCEEDED_LIMIT",
				"information_schema.%s has more than %d rows here: name table_schema and table_name in WHERE", i.table, maxInformation)
		}
		return nil
	}
	switch i.table {
	case "schemata":
		all, err := s.listed.databases(i.catalog)
		if err != nil {
			return err
		}
		all = append(slices.Clone(all), informationSchema)
		slices.Sort(all)
		for _, name := range slices.Compact(all) {
			if err := add(i.catalog, name); err != nil {
				return err
			}
		}
	case "tables", "columns", "views":
		for t, err := range s.everyTable(i.catalog, databases, names) {
			if err == nil {
				err = t.rows(i, add)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// everyTable yields what the catalog holds, and the tables of information_schema itself.
func (s *shared) everyTable(catalog string, databases, names []string) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		others := slices.DeleteFunc(slices.Clone(databases), func(name string) bool { return name == informationSchema })
		if databases == nil || len(others) > 0 {
			for t, err := range s.listed.tables(catalog, others, names) {
				if !yield(t, err) {
					return
				}
			}
		}
		if databases != nil && len(others) == len(databases) {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(informationTables)) {
			columns := informationTables[name]
			if names != nil && !slices.Contains(names, name) {
				continue
			}
			t := Listed{Database: informationSchema, Name: name}
			columns, _, _ = strings.Cut(columns, " |")
			for c := range strings.FieldsSeq(columns) {
				kind := "varchar"
				if c == "ordinal_position" {
					kind = "bigint"
				}
				t.Columns = append(t.Columns, ListedColumn{Name: c, Type: kind})
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}

// rows adds what a table or view is in a table of information_schema.
func (t Listed) rows(i *information, add func(values ...any) error) error {
	switch {
	case i.table == "tables" && t.View:
		return add(i.catalog, t.Database, t.Name, "VIEW")
	case i.table == "tables":
		return add(i.catalog, t.Database, t.Name, "BASE TABLE")
	case i.table == "views" && t.View:
		return add(i.catalog, t.Database, t.Name, t.Definition)
	case i.table == "columns":
		for n, c := range t.Columns {
			var comment, extra any
			if c.Comment != "" {
				comment = c.Comment
			}
			if c.Partition {
				extra = "partition key"
			}
			if err := add(i.catalog, t.Database, t.Name, c.Name, int64(n+1), nil, "YES", c.Type, comment, extra); err != nil {
				return err
			}
		}
	}
	return nil
}

// wanting finds which texts a column must equal for a row to count: those that every
// row of the answer has by the filters above it.
type wanting struct {
	wanted map[plan.ID][]string
	same   map[plan.ID]plan.ID // a column that passes on another
}

// node looks through n. A join changes nothing: a row that the filter above leaves out
// is needed by no other row that it keeps.
func (w wanting) node(n plan.Node) {
	plan.Exprs(n, func(e plan.Expr) {
		each(e, func(e plan.Expr) bool {
			if inner := plan.Subquery(e); inner != nil {
				w.node(inner)
			}
			return true
		})
	})
	switch n := n.(type) {
	case *plan.Project:
		for _, c := range n.Columns {
			if ref, ok := c.Expr.(*plan.ColumnRef); ok && ref.ID != c.ID {
				w.same[c.ID] = ref.ID
			}
		}
	case *plan.Filter:
		for _, term := range plan.Conjuncts(n.Condition) {
			w.term(term)
		}
	case *plan.Aggregate, *plan.Window, *plan.Limit, *plan.Distinct, *plan.SetOperation:
		w.forget(n)
	}
	for _, input := range plan.Inputs(n) {
		w.node(input)
	}
}

// forget drops what filters above say of columns whose rows n counts or picks.
func (w wanting) forget(n plan.Node) {
	made := map[plan.ID]bool{}
	plan.Made(n, made)
	for id := range made {
		delete(w.wanted, id)
	}
}

// term reads column = text and column IN (texts).
func (w wanting) term(e plan.Expr) {
	var x plan.Expr
	var values []plan.Expr
	switch e := e.(type) {
	case *plan.In:
		x, values = e.X, e.Items
	case *plan.Call:
		if e.Name != plan.OpEqual {
			return
		}
		if x, values = e.Args[0], e.Args[1:]; !isColumnRef(uncoerced(x)) {
			x, values = e.Args[1], e.Args[:1]
		}
	}
	ref, ok := x.(*plan.ColumnRef)
	if !ok {
		return
	}
	texts := []string{}
	for _, v := range values {
		c, ok := uncoerced(v).(*plan.Const)
		if !ok {
			return
		}
		if s, ok := c.Value.(string); ok {
			texts = append(texts, s)
		}
	}
	id := ref.ID
	for below, ok := w.same[id]; ok; below, ok = w.same[id] {
		id = below
	}
	if _, twice := w.wanted[id]; !twice {
		w.wanted[id] = texts
	}
}

// metadata analyzes "table$partitions".
func (a *analyzer) metadata(r *ast.Table, names []string, base, kind string) (relation, error) {
	of := []string{names[0], names[1], base}
	found, err := a.relation(of[0], of[1], of[2])
	if missing := a.missing(r, names, found, a.placed(r, err)); missing != nil {
		return relation{}, missing
	}
	switch {
	case kind == "properties":
		return relation{}, a.refuse(r, "\"table$properties\"")
	case kind != "partitions" || found.View != nil:
		return relation{}, a.missing(r, names, nil, nil)
	case a.listed.partitions == nil:
		return relation{}, a.refuse(r, "\"table$partitions\"")
	}
	node := &plan.Values{}
	var fields []field
	for _, c := range found.Table.Columns {
		if c.Partition {
			column := a.column(c.Type)
			node.Columns = append(node.Columns, column)
			fields = append(fields, field{name: c.Name, relation: names, column: column})
		}
	}
	if len(fields) == 0 {
		return relation{}, a.missing(r, names, nil, nil)
	}
	for values, err := range a.listed.partitions(found.Table) {
		if err != nil {
			return relation{}, a.placed(r, err)
		}
		row := make([]plan.Expr, len(fields))
		for i, f := range fields {
			row[i] = &plan.Const{T: f.column.Type}
			if i < len(values) && values[i] != nullPartition {
				row[i] = coerce(&plan.Const{Value: values[i], T: datatype.Text()}, f.column.Type)
			}
		}
		if node.Rows = append(node.Rows, row); len(node.Rows) > maxInformation {
			return relation{}, a.fail(r, "EXCEEDED_LIMIT", "table %s.%s has more than %d partitions", of[1], of[2], maxInformation)
		}
	}
	return relation{node: node, fields: fields}, nil
}

// nullPartition is the text of a partition value that is NULL.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

// likelyTable adds to the error for a table or a database that does not exist the name
// of one that was perhaps meant.
func (a *analyzer) likelyTable(names []string, missing error) error {
	failed, ok := errors.AsType[*sqlerr.Error](missing)
	if !ok || a.listed.databases == nil {
		return missing
	}
	var known []string
	wrong := ""
	switch failed.Name {
	case "SCHEMA_NOT_FOUND":
		wrong = names[1]
		known, _ = a.listed.databases(names[0]) // the error that there is tells more
	case sqlerr.TableNotFound:
		wrong = names[2]
		for t, err := range a.listed.tables(names[0], []string{names[1]}, nil) {
			if known = append(known, t.Name); err != nil || len(known) >= maxLikely {
				break
			}
		}
	}
	if near := nearest(wrong, known); near != "" && failed.Hint == "" {
		there := *failed
		there.Hint = "Did you mean '" + near + "'?"
		return &there
	}
	return missing
}
