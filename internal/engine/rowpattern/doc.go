// Package rowpattern finds the rows of a partition that match a row pattern, in the order
// of preference that the SQL standard gives. It knows rows by their numbers alone.
package rowpattern
