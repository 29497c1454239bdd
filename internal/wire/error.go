package wire

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
)

// Failure is an error as an answer tells it, the same for all protocols.
type Failure struct {
	Name      string // what JSON, CBOR and REST-JSON clients see
	Code      string // what query and XML clients see
	QueryCode string // what awsQueryCompatible clients see
	Message   string
	Member    string         // member that holds the message in JSON and CBOR
	Fields    map[string]any // further members, by member name
	Status    int
	Fault     bool // the service's fault, not the sender's
	RequestID string
	HostID    string            // S3's extended request ID; empty for other services
	Header    map[string]string // further headers of the answer
	TellQuery bool              // the client asked for the query code beside the name
}

// Type returns who is at fault in the query protocol's words.
func (f *Failure) Type() string {
	if f.Fault {
		return "Receiver"
	}
	return "Sender"
}

// QueryError returns the value of the X-Amzn-Query-Error header.
func (f *Failure) QueryError() string { return f.QueryCode + ";" + f.Type() }

// Fail says an error in the words of the model. protocol decides the HTTP
// status where the model does not.
func (m *Model) Fail(err *cloud.Error, protocol api.Protocol, requestID string) *Failure {
	f := m.failure(err, protocol, requestID)
	f.Header = err.Header
	return f
}

func (m *Model) failure(err *cloud.Error, protocol api.Protocol, requestID string) *Failure {
	if m.ofS3() {
		return m.s3Failure(err, requestID)
	}
	f := &Failure{
		Name: err.Code, Code: err.Code, QueryCode: err.Code,
		Message: err.Message, Member: "message", Fields: err.Fields, RequestID: requestID,
	}
	f.Status = statusOf(err.Kind, protocol)
	if declared := m.errors[err.Code]; declared != nil {
		f.Name, f.Code, f.QueryCode = declared.Name, firstOf(declared.Code, declared.Name), firstOf(declared.Query, declared.Code, declared.Name)
		if declared.Status != 0 {
			f.Status = declared.Status
		} else if declared.Fault {
			f.Status = http.StatusInternalServerError
		}
		f.Fault = declared.Fault
		f.Member = firstOf(declared.Message, f.Member)
	} else if name, code, status, ok := commonError(err.Code, protocol); ok {
		f.Name, f.Code, f.QueryCode, f.Status = name, code, code, status
		if declared := m.errors[name]; declared != nil {
			f.Member = firstOf(declared.Message, f.Member)
		}
	}
	if f.Name == noQueue && protocol == api.Query {
		f.Message = strings.Replace(f.Message, "does not exist.", "does not exist for this wsdl version.", 1)
	}
	if err.Kind == cloud.Internal {
		f.Status = http.StatusInternalServerError
	}
	if protocol == api.OTLP && f.Status != http.StatusRequestEntityTooLarge {
		f.Status = otlpStatus(err.Kind)
	}
	f.Fault = f.Fault || f.Status >= http.StatusInternalServerError
	return f
}

// noQueue is the one error whose text differs between the protocols that its service
// speaks: SQS's for a queue that is not there.
const noQueue = "QueueDoesNotExist"

// Code returns the code by which the service is known to tell an error: that of
// its model's first protocol.
func (m *Model) Code(err *cloud.Error) string {
	protocol := m.Protocols[0]
	f := m.Fail(err, protocol, "")
	if protocol == api.JSON || protocol == api.CBOR || protocol == api.RESTJSON {
		return f.Name
	}
	return f.Code
}

// RecordCode returns the code by which CloudTrail's records tell an error: the
// name of its shape, where an answer in XML has another code.
func (m *Model) RecordCode(err *cloud.Error) string {
	f := m.Fail(err, m.Protocols[0], "")
	switch {
	case m.ofS3():
		return f.Code
	case m.Protocols[0] == api.EC2 && f.Fault:
		return "Server." + f.Code
	case m.Protocols[0] == api.EC2:
		return "Client." + f.Code
	case err.Kind == cloud.Denied && f.Name == "AccessDeniedException":
		return "AccessDenied"
	}
	return f.Name
}

// Fault returns the error that a caller sees in place of one of ours, which must
// not be shown: the one that the operation's model has for that, where it has
// one.
func (o *Operation) Fault(requestID string) *cloud.Error {
	code := "InternalFailure"
	if i := slices.IndexFunc(o.Errors, func(name string) bool { return strings.HasPrefix(name, "Internal") }); i >= 0 {
		code = o.Errors[i]
	}
	return cloud.Errorf(cloud.Internal, code, "The request processing has failed because of an internal error. Request ID: %s", requestID)
}

// statusOf returns the HTTP status of a kind of error. The JSON and CBOR
// protocols answer 400 to all that the sender did wrong.
func statusOf(kind cloud.Kind, protocol api.Protocol) int {
	flat := protocol == api.JSON || protocol == api.CBOR
	pick := func(status int) int {
		if flat {
			return http.StatusBadRequest
		}
		return status
	}
	switch kind {
	case cloud.Invalid:
		return http.StatusBadRequest
	case cloud.Unauthenticated, cloud.Denied:
		return pick(http.StatusForbidden)
	case cloud.NotFound:
		return pick(http.StatusNotFound)
	case cloud.Conflict:
		return pick(http.StatusConflict)
	case cloud.Throttled:
		return pick(http.StatusTooManyRequests)
	case cloud.Unsupported:
		return http.StatusNotImplemented // no client retries it
	case cloud.Unavailable:
		return http.StatusServiceUnavailable
	case cloud.Internal:
	}
	return http.StatusInternalServerError
}

// otlpStatus returns the HTTP status of a kind of error for an exporter of OpenTelemetry,
// which repeats a request after 429 and 503 alone.
func otlpStatus(kind cloud.Kind) int {
	switch kind {
	case cloud.Unauthenticated:
		return http.StatusUnauthorized
	case cloud.Invalid, cloud.NotFound, cloud.Conflict:
		return http.StatusBadRequest
	case cloud.Denied, cloud.Throttled, cloud.Unsupported, cloud.Unavailable, cloud.Internal:
	}
	return statusOf(kind, api.OTLP)
}

// commonError returns how a protocol names one of the errors that every service
// has and no model declares, with its status. AWS has two names for most.
func commonError(code string, protocol api.Protocol) (name, xmlCode string, status int, ok bool) {
	rows := [...]struct {
		json, query     string
		flat, otherwise int // status in JSON and CBOR, and in the others
	}{
		{"AccessDeniedException", "AccessDenied", 400, 403},
		{"ExpiredTokenException", "ExpiredToken", 400, 403},
		{"IncompleteSignatureException", "IncompleteSignature", 400, 400},
		{"InvalidRequest", "InvalidRequest", 400, 400},
		{"InvalidSignatureException", "SignatureDoesNotMatch", 400, 403},
		{"MissingAuthenticationTokenException", "MissingAuthenticationToken", 400, 403},
		{"UnrecognizedClientException", "InvalidClientTokenId", 400, 403},
		{"UnknownOperationException", "InvalidAction", 400, 400},
		{"ThrottlingException", "Throttling", 400, 400},
		{"RequestEntityTooLargeException", "RequestEntityTooLarge", 413, 413},
		{"InternalFailure", "InternalFailure", 500, 500},
		{"InternalServerException", "InternalFailure", 500, 500},
		{"InternalServerError", "InternalFailure", 500, 500},
		{"SerializationException", "MalformedInput", 400, 400},
		{"UnsupportedOperation", "UnsupportedOperation", 501, 501},
	}
	for _, row := range rows {
		if code != row.json && code != row.query {
			continue
		}
		status := row.otherwise
		if protocol == api.JSON || protocol == api.CBOR {
			status = row.flat
		}
		switch {
		case protocol == api.EC2 && (row.query == "InvalidClientTokenId" || row.query == "SignatureDoesNotMatch"):
			return "AuthFailure", "AuthFailure", http.StatusUnauthorized, true
		case protocol == api.EC2 && row.query == "Throttling":
			return "RequestLimitExceeded", "RequestLimitExceeded", http.StatusServiceUnavailable, true
		}
		return row.json, row.query, status, true
	}
	return "", "", 0, false
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
