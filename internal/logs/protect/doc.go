// Package protect finds data in log events that is to be protected, and masks it: what
// a data protection policy of CloudWatch Logs does.
//
// A policy names identifiers. Those that AWS manages are found by their form, and by
// check digits where they have some; what has no form of its own counts near one of its
// keywords alone. One whose form is not known well enough here is refused by name: a
// policy must not seem to protect what it does not. All expressions are RE2's, so the
// time for a message is linear.
//
// Where masked events are shown, and to whom, is left to the service.
package protect
