package athena

import (
	"strings"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/resource"
)

// contextOf returns the context that a request gives its statement. Clients that
// quote every name quote the database there too.
func contextOf(in *athenaapi.StartQueryExecutionInput) *athenaapi.QueryExecutionContext {
	context := resource.Value(in.QueryExecutionContext)
	if database := resource.Value(context.Database); len(database) > 2 && strings.HasPrefix(database, "`") && strings.HasSuffix(database, "`") {
		context.Database = new(strings.ReplaceAll(database[1:len(database)-1], "``", "`"))
	}
	return &context
}
