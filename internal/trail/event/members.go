package event

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/wire"
)

// s3 is the service whose records have a form of their own.
const s3 = "s3"

// truncated is how parameters or elements end that the journal has cut.
var truncated = regexp.MustCompile(`[{,]"_truncated":(\d+)\}$`)

// decidedFirst are the services that decide on a call before they read it: of one
// that they refuse, AWS's records have no parameters. The journal has them.
var decidedFirst = map[string]bool{"iam": true, "kms": true, "ssm": true, "sts": true}

// parametersOf returns requestParameters; nil, which is null, for none.
func parametersOf(e *journal.Entry) json.RawMessage {
	if e.Outcome == cloud.Refused && decidedFirst[e.Service] || throttled(e) {
		return nil
	}
	parameters := sized(e.Parameters, "requestParameters")
	switch {
	case e.Service == s3 && len(e.Parameters) > 0:
		return with(parameters, "Host", hostOf(e))
	case e.Service == "kms" && (e.Operation == "Encrypt" || e.Operation == "Decrypt"):
		var members map[string]json.RawMessage
		if err := json.Unmarshal(parameters, &members); err == nil && members["encryptionAlgorithm"] == nil && members["omitted"] == nil {
			return with(parameters, "encryptionAlgorithm", "SYMMETRIC_DEFAULT")
		}
	}
	return parameters
}

// throttled says whether a call was turned away before it was read.
func throttled(e *journal.Entry) bool {
	switch e.Code {
	case "ThrottlingException", "Throttling", "SlowDown", "TooManyRequestsException":
		return true
	}
	return false
}

// sized returns parameters or elements as a record has them: null for none, and
// for too many AWS's note of that.
func sized(object json.RawMessage, what string) json.RawMessage {
	if len(object) <= len("{}") {
		return nil
	}
	const tail = len(`,"_truncated":9223372036854775807}`)
	if m := truncated.FindSubmatch(object[max(0, len(object)-tail):]); m != nil {
		if size, err := strconv.Atoi(string(m[1])); err == nil {
			return omitted(what, size)
		}
	}
	return object
}

func omitted(what string, size int) json.RawMessage {
	return json.RawMessage(`{"reason":"` + what + ` too large","omitted":true,"originalSize":` + strconv.Itoa(size) + `}`)
}

// with returns an object with one member more.
func with(object json.RawMessage, name, value string) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil { // which no text is
		return object
	}
	b := make([]byte, 0, len(object)+len(name)+len(text)+len(`{"":,}`))
	if len(object) > len("{}") {
		b = append(append(b, object[:len(object)-1]...), ',')
	} else {
		b = append(b, '{')
	}
	return append(append(append(append(append(b, '"'), name...), `":`...), text...), '}')
}

// hostOf is the host that a client called; where none did, the one at which AWS has
// the bucket.
func hostOf(e *journal.Entry) string {
	if _, host, ok := strings.Cut(e.Endpoint, "://"); ok {
		return host
	}
	host := "s3." + string(e.Region) + ".amazonaws.com"
	if bucket := bucketOf(e); bucket != "" {
		return bucket + "." + host
	}
	return host
}

// s3Data is additionalEventData of S3's calls.
type s3Data struct {
	Signature string `json:"SignatureVersion,omitempty"`
	Cipher    string `json:"CipherSuite,omitempty"`
	In        int64  `json:"bytesTransferredIn"`
	Way       string `json:"AuthenticationMethod,omitempty"`
	HostID    string `json:"x-amz-id-2"`
	Out       int64  `json:"bytesTransferredOut"`
}

func additionalOf(e *journal.Entry) *s3Data {
	if e.Service != s3 {
		return nil
	}
	d := &s3Data{In: e.Received, Out: e.Sent, HostID: wire.HostID(e.RequestID), Cipher: cipherName(e.Cipher), Way: ways[e.SignedIn]}
	switch e.Signature {
	case "AWS4-HMAC-SHA256":
		d.Signature = "SigV4"
	case "AWS":
		d.Signature = "SigV2"
	}
	return d
}

// ways are CloudTrail's words for how a request was signed.
var ways = map[string]string{"REST-HEADER": "AuthHeader", "REST-QUERY-STRING": "QueryString", "POST": "POST"}

// tlsDetails says over what connection a client called.
type tlsDetails struct {
	Version string `json:"tlsVersion,omitempty"`
	Cipher  string `json:"cipherSuite,omitempty"`
	Host    string `json:"clientProvidedHostHeader,omitempty"`
}

// tlsOf returns tlsDetails; nil for a call that no client made. Without TLS they
// tell the host alone.
func tlsOf(e *journal.Entry) *tlsDetails {
	_, host, ok := strings.Cut(e.Endpoint, "://")
	if !ok {
		return nil
	}
	d := &tlsDetails{Host: host, Cipher: cipherName(e.Cipher)}
	if e.TLS != "" && e.TLS != cloud.TLSElsewhere {
		d.Version = "TLSv" + e.TLS
	}
	return d
}

// cipherName is OpenSSL's name of a cipher suite that Go calls otherwise, such as
// ECDHE-RSA-AES128-GCM-SHA256. Those of TLS 1.3 have one name.
func cipherName(name string) string {
	exchange, cipher, old := strings.Cut(strings.TrimPrefix(name, "TLS_"), "_WITH_")
	if !old {
		return name
	}
	cipher = strings.NewReplacer("AES_128", "AES128", "AES_256", "AES256", "_CBC", "", "CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305").Replace(cipher)
	if exchange != "RSA" {
		cipher = exchange + "-" + cipher
	}
	return strings.ReplaceAll(cipher, "_", "-")
}
