package analyze

import (
	"encoding/json"
	"fmt"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// jsonLiteral is JSON 'text': the text parsed as json_parse does.
func jsonLiteral(s string) (plan.Expr, bool) {
	if !json.Valid([]byte(s)) {
		return nil, false
	}
	return &plan.Call{Name: "json_parse", Args: []plan.Expr{text(s)}, T: datatype.Of(datatype.JSON)}, true
}

// unknownType is Trino's error for a literal of a type that is not there, which
// names its place within the message alone.
func unknownType(line, column int, name string) error {
	return sqlerr.New("TYPE_NOT_FOUND", "%s", fmt.Sprintf("line %d:%d: Unknown resolvedType: %s", line, column, name))
}
