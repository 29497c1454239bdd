// Package parse turns Athena SQL into its syntax tree.
//
// Athena reads two languages. Queries, and what is built on them, are Trino's;
// data definition is Hive's, with its own strings, quotes and reserved words.
// Statement looks at the first keywords and picks the language.
//
// The package promises that a statement which Trino or Hive refuses is refused
// at the same place in the same words, that the hint of the error says what to
// write instead where that is known, and that no text makes it panic or run
// out of stack. Names, types and catalogs are left to the analyzer.
package parse
