package ast

// CreateTableAs is CREATE TABLE name WITH (…) AS query [WITH NO DATA].
type CreateTableAs struct {
	Pos
	Name        Name
	IfNotExists bool
	Columns     []Identifier
	Comment     string
	Properties  []ExprProperty
	Query       *Query
	NoData      bool
}

// ExprProperty is name = expression.
type ExprProperty struct {
	Name  Identifier
	Value Expr
}

// Insert is INSERT INTO name (columns) query.
type Insert struct {
	Pos
	Name    Name
	Columns []Identifier
	Query   *Query
}

// Unload is UNLOAD (query) TO 'location' WITH (…).
type Unload struct {
	Pos
	Query      *Query
	Location   string
	Properties []ExprProperty
}

// Prepare is PREPARE name FROM statement. SQL is the statement's own text.
type Prepare struct {
	Pos
	Name      Identifier
	Statement Statement
	SQL       string
}

// Execute is EXECUTE name USING …, or EXECUTE IMMEDIATE 'text' USING ….
type Execute struct {
	Pos
	Name      Identifier
	Immediate string // the text; empty when a name was given
	Using     []Expr
}

// Deallocate is DEALLOCATE PREPARE name.
type Deallocate struct {
	Pos
	Name Identifier
}

// Explain is EXPLAIN [ANALYZE] [(options)] statement.
type Explain struct {
	Pos
	Analyze   bool
	Options   []Property
	Statement Statement
}

// Other is a statement that is recognised and refused by name, such as MERGE.
// Its text parsed; nothing of it is kept.
type Other struct {
	Pos
	Construct string // upper-case keywords, such as "MERGE" or "ALTER SCHEMA"
}

func (*CreateTableAs) statement() {}
func (*Insert) statement()        {}
func (*Unload) statement()        {}
func (*Prepare) statement()       {}
func (*Execute) statement()       {}
func (*Deallocate) statement()    {}
func (*Explain) statement()       {}
func (*Other) statement()         {}
