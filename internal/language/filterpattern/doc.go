// Package filterpattern is the language of CloudWatch Logs' filter patterns: what
// metric filters, subscriptions, FilterLogEvents and live tails select events by.
//
// A pattern is compiled once. It then says of a message whether it matches, in
// time that grows with the message alone and without allocating in the common
// case, and what it takes out of it. A Set is many patterns that share one pass
// over a message. What AWS refuses is refused, in AWS's words and with the place.
//
// Which events are looked at, what a match leads to, and how many filters with
// regular expressions a group may have, are left to the service.
package filterpattern
