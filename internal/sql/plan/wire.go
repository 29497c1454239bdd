package plan

import (
	"bytes"
	"encoding/gob"
	"math/big"
	"sync"

	"github.com/sillok/sillok/internal/sql/value"
)

// Register tells gob what stands behind the interfaces of a Query, so that one
// can travel to another process. It may be called more than once.
var Register = sync.OnceFunc(func() {
	for _, v := range []any{
		&Scan{}, &Values{}, &Filter{}, &Project{}, &Aggregate{}, &Window{}, &Distinct{}, &Sort{}, &Limit{}, &Join{}, &Unnest{},
		&SetOperation{}, &With{}, &CTERef{}, &Sample{},
		&Const{}, &ColumnRef{}, &ParamRef{}, &Call{}, &Cast{}, &Logical{}, &Not{}, &IsNull{}, &Between{}, &In{}, &Case{},
		&Coalesce{}, &NullIf{}, &Try{}, &Field{}, &RowOf{}, &ArrayOf{}, &Lambda{}, &Now{}, &JSONPathCall{}, &JSONTable{}, &JSONBuild{}, &MatchRows{},
		&Scalar{}, &Exists{}, &InQuery{}, &Quantified{},
		value.Time{},
		value.TimeTZ{},
		value.Timestamp{},
		value.TimestampTZ{},
		value.Prefix{},
		&value.Map{},
		new(big.Int),
		[16]byte{},
		[]any{},
	} {
		gob.Register(v)
	}
})

// tableOnTheWay is what travels of a Table: its name.
type tableOnTheWay struct{ Catalog, Database, Name string }

// GobEncode leaves out the columns, which the scan has, and Detail, which means
// something in this process alone.
func (t *Table) GobEncode() ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(tableOnTheWay{t.Catalog, t.Database, t.Name})
	return b.Bytes(), err
}

// GobDecode reads what GobEncode wrote.
func (t *Table) GobDecode(data []byte) error {
	var way tableOnTheWay
	err := gob.NewDecoder(bytes.NewReader(data)).Decode(&way)
	*t = Table{Catalog: way.Catalog, Database: way.Database, Name: way.Name}
	return err
}
