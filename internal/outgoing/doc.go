// Package outgoing is the one place for what leaves the house: requests of HTTP to
// endpoints that clients named, and mails.
//
// Both have limits of time and size. An endpoint's answer is read up to a bound, and where
// it sends the request elsewhere is not followed: an endpoint is where it was said to be.
// Which machines may be reached at all the operator says, and that is asked of the
// addresses that a name turns out to have, when they are connected to.
package outgoing
