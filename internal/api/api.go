// Package api holds the words in which a service's model is told: services,
// operations, errors and the shapes that say more than their Go type does.
//
// Each package below it is generated from AWS's models and AWS's service
// authorization reference: Go structs for one service's shapes, one [Service]
// value that names its operations and tells of each what it touches, and a
// Client that hands them to a [Door]. The packages hold data and no logic. What
// the data means on the wire is package wire's business, and what an operation
// does is its service's.
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
	OTLP     Protocol = "otlp" // of OpenTelemetry, which no model names
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
	// (*GetTableInput)(nil). Both are nil for an operation that is not listed
	// in tools/apigen: it is known by its name, of a REST service by its path
	// too, and can only be refused. All fields below but Method, URI and
	// Deprecated are then empty.
	In, Out any

	Method string // HTTP method
	URI    string // path template with an optional query, such as "/buckets/{Bucket}?acl"
	Status int    // HTTP status of success; 0 means 200
	Errors []string

	Unsigned   bool   // AWS takes the call without a signature
	ByToken    bool   // AWS takes it so where it is a link: from whoever has the secret that is in it
	Unwrapped  bool   // query: the answer has no <NameResult> element; REST-XML: the root's text is the one member of the answer
	Deprecated bool   // another operation took its place, often at the same path
	HostPrefix string // clients put it before the host name, such as "stream-"
	XMLRoot    string // REST-XML: root element of a request without payload member
	XMLNS      string // REST-XML: its namespace
	AnswerRoot string // REST-XML: root element of an answer without payload member; empty for <NameResult>

	Action     string      // IAM's action that authorizes it, such as "glue:GetTable"; empty where AWS has none
	Resources  []Resource  // what it touches, most general first; empty when it touches nothing that has an ARN
	Conditions []Condition // the condition keys of policies that its input fills
	Access     Access
	Event      Event

	// What CloudTrail's record of it has otherwise than follows from the above.
	EventName    string // its name there, such as "ListObjects" of ListObjectsV2; empty for Name
	EventReads   bool   // it is said to read only, though its access level is another: kms:Decrypt
	EventAnswers bool   // the record has responseElements although it is said to read only: sts:AssumeRole

	MaxBody  int64 // most bytes of a request's body; 0 means DefaultMaxBody; a payload that is streamed has its own rule
	Checksum Checksum
}

// Checksum says whether a checksum in the headers of a request, or behind its
// body, is one of that body.
type Checksum string

// The rules for checksums.
const (
	NoChecksum       Checksum = ""         // checksums in headers, if there are any, are of something else
	ChecksumOptional Checksum = "optional" // it is checked where it is sent
	ChecksumRequired Checksum = "required" // a request without one, and without an MD5, is refused
)

// DefaultMaxBody is the most bytes of a request's body where an operation has
// no limit of its own. The largest bodies of AWS's control planes, a batch of
// messages or a policy, stay below it also when they are escaped.
const DefaultMaxBody = 4 << 20

// BodyLimit returns the most bytes that a request's body may have.
func (o *Operation) BodyLimit() int64 {
	if o.MaxBody == 0 {
		return DefaultMaxBody
	}
	return o.MaxBody
}

// Resource is what an operation touches, to be told from its input.
//
// An ARN is a template: "arn:{Partition}:glue:{Region}:{Account}:table/{DatabaseName}/{lower:Name}".
// {Partition}, {Region} and {Account} are those of the call. Any other
// placeholder holds a path over members of the input:
//
//	{Name}                  a member
//	{DatabaseInput.Name}    a member of a member
//	{Names[]}               one ARN for each element
//	{Delete.Objects[].Key}  one ARN for each element's member
//	{TableInput.Name|Name}  the first of these that the input has
//	{WorkGroup|'primary'}   the text in quotes where it has none
//
// What the input leaves out stands as "*": the ARN means any of these. An
// empty list is no ARN. A word before a colon says how the member is read:
//
//	{lower:Name}           in lower case, as the service keeps it
//	{name:FunctionName}    a name, or an ARN, which then stands for all before it
//	{parameter:Name}       SSM's, less a slash in front and ":version" or ":label" behind, or an ARN
//	{source:CopySource}    S3's "/bucket/key?versionId=id", unescaped: "bucket/key"
//	{key:KeyId}            KMS's key ID, or an ARN; an alias stands as "*"
//	{queue:QueueUrl}       SQS's ".../account/name": "account:name"
//
// The service must read its member in the same way.
type Resource struct {
	Type string // the service authorization reference's noun, such as "table"; empty where the input's ARN says it
	ARN  string

	// Action is IAM's action on this resource where it is not the operation's
	// own: CopyObject reads its source by s3:GetObject.
	Action string

	// When says which inputs touch the resource: "" all; "Tags" those that have
	// the member, neither empty nor false; "Mode=Fast" those in which it is
	// that text; "Source~x" those in which it contains it; "!" before any of
	// these the others. Members are paths as in ARN, also several with "|".
	When string

	// Each says that an element of a list which the caller may not touch fails by
	// itself, as in DeleteObjects: the operation asks for each, and the call goes on.
	Each bool
}

// Condition is a condition key of policies that an operation's input fills.
type Condition struct {
	// Key is the key's name, such as "s3:prefix". One that ends in "/" or ":" is
	// that of a family: with tags, "aws:RequestTag/" is a key for each of them.
	Key string

	// Path leads to the member that fills it, as in Resource.ARN and without braces;
	// of a list all elements do. These words before a colon say how it is read:
	//
	//	keys:Tags           the names of tags, or the keys of a map
	//	source:CopySource   as in Resource.ARN
	//	version:CopySource  the version that such a source names
	//	days:RetainUntil    how many days are left until that time
	//	alias:KeyId         an alias of KMS, also of an ARN, and nothing for all else
	Path string

	When string // which inputs fill it, as in Resource
}

// Access is one of AWS's access levels.
type Access string

// The access levels.
const (
	Read                  Access = "Read"
	List                  Access = "List"
	Write                 Access = "Write"
	Tagging               Access = "Tagging"
	PermissionsManagement Access = "Permissions management"
)

// Changes says whether an operation of that level may change something: all
// but Read and List may, and what is not known.
func (a Access) Changes() bool { return a != Read && a != List }

// Event says what CloudTrail makes of a call.
type Event string

// The kinds of events.
const (
	Management Event = "Management" // recorded by every trail
	Data       Event = "Data"       // recorded by trails that select it
	Unrecorded Event = "Unrecorded" // recorded by none
)

// Error is an error that a model declares.
type Error struct {
	Name   string // the shape's name, which JSON clients see
	Code   string // in XML answers; empty means Name
	Query  string // awsQueryCompatible code; empty means Code
	Status int    // HTTP status; 0 means 400, or 500 for a Fault
	Fault  bool   // the service's fault, not the sender's

	Message string // member that holds the message; empty means "message"
}

// Shape holds what a Go type does not say of a model's shape: its constraints,
// whether it is sensitive, and its names on the wire. Shapes of which there is
// nothing to say are absent; structures have a row only where they are
// sensitive.
type Shape struct {
	Name    string
	Limits  string   // "1:128", "1:" or ":128": of a length, a size or a number
	Pattern string   // Java regular expression that the whole value must match
	Enum    []string // the values allowed

	Sensitive bool // messages, logs and audit records must not show the value

	Member, Key, Value             string // names of the shapes of elements; empty when those are absent
	MemberName, KeyName, ValueName string // names of elements in query and XML
	Time                           string // timestamp format other than the protocol's
}
