// Package filterpolicy is the filter policies of SNS: which messages a subscription gets,
// by their attributes or by what is in their bodies. Their language is that of event
// patterns, with limits and some operators of its own. It is pure.
package filterpolicy
