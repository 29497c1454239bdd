// Package lake gives a query the columns of log objects.
//
// Plan says which objects a table's query has to consider, from catalog
// partitions or partition projection and the query's predicates. Load makes
// sure that each of them has its columns in a Parquet file, a shadow, and says
// how to read a table's columns from it. Discover recognises logs where there
// is no table. A line that does not parse never fails a query and is never
// dropped: it has a row as AWS would give it, and is counted.
//
// What SQL means, and what reads the Parquet files, are not known here.
package lake
