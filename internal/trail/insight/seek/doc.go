// Package seek follows the journal of calls for trails that look for insights.
//
// Whatever happens to the process, each insight is found once. What was counted, the
// place in the journal that it was counted up to, and what follows from what was found
// are written down in one transaction: plans of log files, facts, and what the archive
// of events is to have. Between two such transactions everything lies in memory and is
// counted again after a crash, from the place that is written down.
//
// What the archive has yet to get is looked for in it before it is added, so that it
// has each event once too.
package seek
