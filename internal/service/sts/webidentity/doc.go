// Package webidentity checks the tokens of web identities: JSON Web Tokens that an
// OpenID Connect issuer has signed.
//
// An issuer's keys are those that the operator gave, or are asked of the issuer itself,
// over HTTPS or on this machine, and kept for a while. Whether an issuer is trusted is
// asked before anything is fetched from it.
package webidentity
