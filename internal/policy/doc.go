// Package policy is the language of AWS's policies: it parses and validates
// documents as IAM does, and decides requests by them.
//
// It is pure: it stores nothing, asks nobody and reads no clock. A document is
// compiled once, by Parse, and is then safe for use by any number of goroutines.
// Who collects the policies that apply to a request, and what is known of the
// request, is package access's job; the size limits of documents are those of the
// service that keeps them.
package policy
