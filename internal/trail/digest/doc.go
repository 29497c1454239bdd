// Package digest makes, reads and verifies CloudTrail's digest files: signed lists of
// the log files that were delivered, each with the hash of the digest before it, so
// that nobody can change, remove or add a log file unseen.
//
// Files are as AWS writes them, to the byte that matters: "aws cloudtrail
// validate-logs" takes ours, and we take AWS's. What is read here may come from
// anybody and is counted and bounded; nothing here reads from a store or asks for
// keys.
package digest
