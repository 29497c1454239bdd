// Package insights is the query language of CloudWatch Logs Insights: read, checked
// and run over events.
//
// Parse takes the whole language and refuses what AWS refuses, with the place. Run
// evaluates a query over events that it is given, newest first, within a budget of
// memory, and ends with the context. What it cannot do exactly it refuses by name
// before it begins; it never leaves a command out.
//
// Where events come from, which accounts may read them, and how a query is started,
// watched and kept are left to the service.
package insights
