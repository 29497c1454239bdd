package fold

import "github.com/sillok/sillok/internal/sql/plan"

// checkDocuments fails for what is no JSON in VALUES of which JSON_TABLE makes rows with ERROR
// ON ERROR: Trino reads the JSON of all rows before it looks for the first path.
func (r *remainder) checkDocuments(n *plan.Join) {
	table := plan.StrictJSONTable(n)
	values, ok := n.Left.(*plan.Values)
	if table == nil || !ok || !fixed(values) {
		return
	}
	for _, row := range values.Rows {
		_, err := r.value(&plan.JSONPathCall{
			Name: "json_exists", Input: inRow(table.Input, values, row), Encoding: table.Encoding, Path: "lax $",
			OnError: plan.JSONBehavior{Kind: "ERROR"}, T: boolean(),
		})
		if err != nil {
			r.fail(err)
		}
	}
}
