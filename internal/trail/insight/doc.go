// Package insight finds unusual activity: far more calls, or far more errors of one
// kind, than an account had in the week before.
//
// A Detector counts the events of one account and region by minute, compares each
// minute and each five minutes with a baseline of the seven days before today and of
// today, and says when something unusual begins and when it has ended, as the events
// that CloudTrail writes. The method and its bounds are docs/cloudtrail-insights.md.
//
// It is pure: it reads no clock and does no I/O, and the same events in the same order
// give the same insights with the same IDs. Reading the journal, keeping what was
// counted, and delivering what was found is left to package seek.
package insight
