// Package notification makes what is told of an alarm's change: the messages that SNS is
// given, their mails and short messages, events of EventBridge, payloads of functions.
//
// It is pure, and knows neither where these go nor whether they arrive. Texts and members are
// AWS's, in AWS's order; what was not seen at AWS is marked.
package notification
