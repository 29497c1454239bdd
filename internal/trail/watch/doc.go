// Package watch keeps watches: buckets whose log files are imported as they come.
//
// At each look a watch lists its bucket from the first key to the last and accounts for
// every object; it never goes on behind a last key, since log files come late and in any
// order. What a feed of changes tells is imported at once, and looked at again with all
// else at the next look. What a look found is kept with its watch: counts of everything,
// and the problems by name. A bucket is read as whoever has made the watch, with what
// they may do then.
package watch
