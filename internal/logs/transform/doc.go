// Package transform makes other events of log events: what a transformer of
// CloudWatch Logs does.
//
// A transformer is a list of processors, one file each here. Compile checks them all,
// by AWS's limits, and Apply runs them over one message: in time that is linear in the
// message, within a budget of bytes, without anything outside of the message. The same
// message always gives the same event, so that an event may be transformed whenever it
// is read.
//
// Which transformer holds for an event, and where the outcome is shown, is left to the
// service.
package transform
