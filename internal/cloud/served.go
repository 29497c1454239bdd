package cloud

import "time"

// Served is one call as it was served over HTTP, for a service that keeps a log
// of access to what it has.
type Served struct {
	Fact   Fact
	Input  any // a pointer to the operation's input type; nil where it was not decoded
	Output any // a pointer to the operation's output type; nil where it failed

	HostID string // that the answer tells beside the request's ID

	Method   string
	URI      string // the request line's, escaped as it came
	Host     string
	Referer  string
	Status   int
	Received int64 // bytes of the request's body, -1 when that was not told
	Sent     int64 // bytes of the answer's body

	Signature string // "SigV4" or "SigV2"; empty for an unsigned call
	Auth      string // "AuthHeader", "QueryString" or "POST"; empty for an unsigned call
	TLS       string // version, such as "TLSv1.3"; empty without TLS
	Cipher    string

	Began      time.Time
	Turnaround time.Duration // from the last byte of the request to the first of the answer
	Total      time.Duration // from the first byte of the request to the last of the answer
}
