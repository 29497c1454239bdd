// Package eventpattern is the language of event patterns, in which EventBridge's rules
// and SNS's filter policies say what they are for: patterns are compiled, with AWS's words
// for what is wrong with one, and events are asked whether they match. It is pure.
//
// Matching is that of the library which AWS publishes for it, event-ruler: fields are
// named by their paths, and those below one array have to come from one element of it.
package eventpattern
