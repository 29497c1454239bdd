// Package queues keeps messages: they are sent to a queue, received from it for a while,
// and deleted by what the receiver was given.
//
// What was answered is on disk: a message that was sent, a receipt that was given, a
// message that was deleted. A message is in one queue at any time, also while it moves to
// another. Every byte has a checksum, which is verified when it is read.
//
// In a queue that is in order, messages of a group are received in the order in which they
// were sent, none while an earlier one is with a receiver; and what names itself as an
// earlier message does within five minutes is that message. In any other queue the oldest
// message comes first, and where messages have groups, those of the group that has the
// fewest with receivers.
//
// Memory holds where each message stands, in about 200 bytes; bodies are on disk. What a
// body is made of, who may send or receive, and how long messages are kept, is left to
// others.
package queues
