// Package gateway is the one port on which every AWS service answers.
//
// For each request it finds out service, operation and protocol, verifies the
// signature, decodes the input, checks it against the model, calls the method
// that does the operation and says the answer in the caller's protocol. What no
// other service takes is S3's, which is also asked by browsers: in preflights, in
// forms and at the endpoints of websites.
//
// No unsigned call reaches a service, but for the few operations that AWS
// itself leaves unsigned. An operation that AWS has and nobody has written is
// refused by name. An error that is no *cloud.Error is logged in full and
// answered with the request ID alone; a panic is such an error.
package gateway
