package lake

import (
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// Unreadable names the SerDe, the input format or the property for which no query
// could read a table like t, such as "the SerDe com.amazonaws.glue.serde.GrokSerDe".
// It is empty when one could, or when what is wrong with the table shows when it
// is asked.
func Unreadable(t Table) string {
	_, err := t.format()
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Kind != cloud.Unsupported {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(e.Message, "table "+t.name()+": "), " is not supported")
}
