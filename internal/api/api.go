// Package api holds the words in which a service's model is told: services,
// operations, errors and the shapes that say more than their Go type does.
//
// Each package below it is generated from AWS's models: Go structs for one
// service's shapes and one [Service] value that names its operations. The
// packages hold data only. What the data means on the wire is package wire's
// business, and what an operation does is its service's.
package api

//go:generate go run ../../tools/apigen -out .

// Protocol is one of the wire protocols that AWS's services speak.
type Protocol string

// The protocols, by the names that the models use.
const (
	JSON     Protocol = "json"
	Query    Protocol = "query"
	EC2      Protocol = "ec2"
	RESTJSON Protocol = "rest-json"
	RESTXML  Protocol = "rest-xml"
	CBOR     Protocol = "smithy-rpc-v2-cbor"
)

// Service is one AWS service as its model tells it.
type Service struct {
	ID           string // AWS CLI's name for it, such as "cloudwatch"
	Name         string // such as "Amazon CloudWatch"
	SigningName  string // in the credential scope, such as "monitoring"
	APIVersion   string // such as "2010-08-01"
	Protocols    []Protocol
	JSONVersion  string // "1.0" or "1.1" where JSON is spoken
	TargetPrefix string // before the dot of X-Amz-Target; also the service's name in CBOR's path
	XMLNamespace string

	// QueryCompatible says that JSON and CBOR answers also carry the query
	// protocol's error code for clients that ask for it.
	QueryCompatible bool

	Operations []Operation // sorted by name
	Errors     []Error     // sorted by name
	Shapes     []Shape     // sorted by name
}

// Operation is one operation of a service.
type Operation struct {
	Name string

	// In and Out are nil pointers of the input and output types, such as
	// (*GetTableInput)(nil). Both are nil for an operation whose shapes were
	// left out: it is known by name and can only be refused.
	In, Out any

	Method string // HTTP method
	URI    string // path template with an optional query, such as "/buckets/{Bucket}?acl"
	Status int    // HTTP status of success; 0 means 200
	Errors []string

	Unsigned   bool   // AWS takes the call without a signature
	Unwrapped  bool   // query protocol: the answer has no <NameResult> element
	Deprecated bool   // another operation took its place, often at the same path
	HostPrefix string // clients put it before the host name, such as "stream-"
	XMLRoot    string // REST-XML: root element of a request without payload member
	XMLNS      string // REST-XML: its namespace
}

// Error is an error that a model declares.
type Error struct {
	Name   string // the shape's name, which JSON clients see
	Code   string // in XML answers; empty means Name
	Query  string // awsQueryCompatible code; empty means Code
	Status int    // HTTP status; 0 means 400, or 500 for a Fault
	Fault  bool   // the service's fault, not the sender's

	Message string // member that holds the message; empty means "message"
}

// Shape holds what a Go type does not say of a model's string, number, list or
// map: its constraints and its names on the wire. Shapes of which there is
// nothing to say are absent.
type Shape struct {
	Name    string
	Limits  string   // "1:128", "1:" or ":128": of a length, a size or a number
	Pattern string   // Java regular expression that the whole value must match
	Enum    []string // the values allowed

	Sensitive bool // messages and logs must not show the value

	Member, Key, Value             string // names of the shapes of elements; empty when those are absent
	MemberName, KeyName, ValueName string // names of elements in query and XML
	Time                           string // timestamp format other than the protocol's
}
