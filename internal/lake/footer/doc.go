// Package footer opens Parquet files of any origin.
//
// The reader of footers that Sillok uses makes room for as many things as a footer
// says that it has: one of a kilobyte took 20 GB, and half a minute. So a footer is
// walked first, without making anything of it: what it says of itself has to fit
// into its bytes, and the columns and chunks that it describes into each other.
// Whatever the bytes are, Open ends in a time that grows with the footer alone.
package footer
