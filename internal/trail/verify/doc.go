// Package verify checks what CloudTrail delivered to buckets or folders: every digest
// file by its signature, the chains that digests make, and every log file by the hash
// that a digest has of it. It takes several accounts, regions, trails and
// organizations side by side.
//
// It promises that every object in CloudTrail's folders is accounted for: proven,
// named with what is wrong with it, or named as what nothing proves. It keeps in
// memory the keys of digests and what two days of an account and region need, reads
// many files at once, and trusts none: sizes are bounded, and what fails fails one file.
//
// Where objects lie, whose keys are believed and how all this is shown is the
// caller's.
package verify
