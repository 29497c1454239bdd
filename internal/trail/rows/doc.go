// Package rows has events as rows for queries: a table of each account's events, and one
// of each event data store's, kept by lake/kept from the journal of calls and the archive
// of events.
//
// An account's table has what event history has. A store's has the events that its
// selectors took when their calls ended, from the record on at which it began to collect,
// and those that the archive has for it alone: how a store was, is kept for as long as
// rows have yet to be written by it.
package rows
