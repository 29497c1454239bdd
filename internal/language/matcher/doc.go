// Package matcher says whether a text matches a regular expression of RE2's syntax, as
// package regexp does, several times as fast, and so that it can be stopped.
//
// A [Regex] is a machine of sets of places in the expression, of which those are made that
// a text leads to, and kept within a bound of memory. Each byte is looked at once; what
// makes new sets again and again is slower by no more than the size of the expression,
// and asks now and then whether anybody still waits.
//
// Where in a text a match begins, and what its groups hold, package regexp finds: [Groups]
// asks it for one match after the other, so that this can be stopped, too.
package matcher
