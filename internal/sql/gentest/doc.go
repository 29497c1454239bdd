// Package gentest makes up questions in Athena SQL: typed expressions, and
// statements over small tables with NULLs and with rows that repeat.
//
// A seed decides a question, so that one which went wrong can be asked again.
// Most of what is made up is meaningful; some of it fails, and then both sides
// must fail alike. Nothing in it depends on the time, on chance, or on the order
// of rows that nobody has ordered.
package gentest
