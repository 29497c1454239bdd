// Package access decides every call: it collects what policies ask about a call
// and all policies that apply to it, asks package policy, and says a refusal in
// AWS's words.
//
// It knows identities, organizations and the resources of services by small
// interfaces. Nothing is allowed that no policy allows, but to the root user of
// an account in its own account. What cannot be found out is an error, never a
// permission.
package access
