package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// maxKeyID bounds the length of an access key ID.
const maxKeyID = 128

// signature is what a request says of its own signature.
type signature struct {
	accessKeyID          string
	day, region, service string
	time                 time.Time
	signedHeaders        []string // lower case, sorted
	signature            string
	token                string
	presigned            bool
	expires              time.Duration

	version2 bool
	until    time.Time // of a version 2 that is presigned
}

func (s *signature) scope() string {
	return s.day + "/" + s.region + "/" + s.service + "/" + terminator
}

// Signed says whether a request claims a signature, right or wrong.
func Signed(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=") ||
		strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") || strings.Contains(r.URL.RawQuery, "AWSAccessKeyId=")
}

// Claim is what a request says of its signature, which nobody has verified yet.
type Claim struct {
	AccessKeyID     string
	Region, Service string // of the credential scope
	Presigned       bool   // the signature is in the query string
	Version2        bool

	signature *signature
	err       error // why there is none
}

// ClaimOf reads what a request says of its signature. All fields are empty when
// it says nothing that can be read; Begin tells why.
func ClaimOf(r *http.Request) Claim {
	s, err := parse(r)
	if err != nil {
		return Claim{err: err}
	}
	return Claim{AccessKeyID: s.accessKeyID, Region: s.region, Service: s.service, Presigned: s.presigned, Version2: s.version2, signature: s}
}

func parse(r *http.Request) (*signature, error) {
	var query url.Values
	if r.URL.RawQuery != "" {
		query = r.URL.Query()
	}
	if header := r.Header.Get("Authorization"); header != "" {
		if len(r.Header["Authorization"]) > 1 || query.Has("X-Amz-Algorithm") || query.Has("X-Amz-Signature") || query.Has("AWSAccessKeyId") {
			return nil, errSignedTwice()
		}
		return parseHeader(r, header)
	}
	if query == nil {
		return nil, errUnsigned()
	}
	for name, values := range query {
		if len(values) > 1 && (IsParameter(strings.ToLower(name)) || query.Has("AWSAccessKeyId") && isParameter2(name)) {
			return nil, errQuery(errIncomplete("AWS query-string parameters must include '%.200s' once.", name), "Query-string authentication requires the "+shown(name)+" parameter once.")
		}
	}
	if query.Get("X-Amz-Algorithm") != "" || query.Get("X-Amz-Credential") != "" {
		return parsePresigned(r, query)
	}
	if query.Get("AWSAccessKeyId") != "" {
		return parseQuery2(query)
	}
	return nil, errUnsigned()
}

// errSignedTwice refuses a request that says in two places by whom it is signed: who
// verifies one and who acts on the other would not mean the same.
func errSignedTwice() error {
	const message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"
	e := s3Error("InvalidArgument", message, "ArgumentName", "Authorization")
	return &fault{errIncomplete("%s.", message), e}
}

func parseHeader(r *http.Request, header string) (*signature, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if scheme == scheme2 {
		return parseHeader2(r, rest)
	}
	if scheme != algorithm {
		return nil, &fault{
			errIncomplete("Unsupported AWS 'algorithm': '%.200s'.", scheme),
			s3Error("InvalidArgument", "Unsupported Authorization Type", "ArgumentName", "Authorization", "ArgumentValue", shown(header)),
		}
	}
	s := &signature{token: r.Header.Get("X-Amz-Security-Token")}
	params, err := s.components(r, rest)
	if err != nil {
		return nil, err
	}
	s.signature = params["Signature"]
	if err := s.setCredential(params["Credential"]); err != nil {
		return nil, err
	}
	if err := s.setSignedHeaders(params["SignedHeaders"]); err != nil {
		return nil, err
	}
	return s, s.checkHeaders(r.Header)
}

// components returns the parts of an Authorization header, and takes the time
// from the header that has it.
func (s *signature) components(r *http.Request, text string) (map[string]string, error) {
	params := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			part = shown(strings.TrimSpace(part))
			return nil, s.malformed(errIncomplete("'%s' not a valid key=value pair (missing equal-sign) in Authorization header.", part),
				`the authorization component "`+part+`" is malformed.`)
		}
		if _, twice := params[name]; twice {
			return nil, s.malformed(errIncomplete("'%s' is given twice in Authorization header.", shown(name)), `the authorization component "`+shown(name)+`" is given twice.`)
		}
		params[name] = value
	}
	var missing []string
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if params[name] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	parts := len(missing)
	stamp := r.Header.Get("X-Amz-Date")
	if stamp == "" {
		stamp = r.Header.Get("Date")
	}
	if stamp == "" {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if parts > 0 {
		return nil, s.malformed(errIncomplete("%s", strings.Join(missing, " ")),
			"the authorization header requires three components: Credential, SignedHeaders, and Signature.")
	}
	switch {
	case stamp == "":
		return nil, errNoTime(errIncomplete("%s", strings.Join(missing, " ")))
	case s.setTime(stamp) != nil:
		return nil, errNoTime(errTime(stamp))
	}
	return params, nil
}

func errTime(stamp string) *cloud.Error {
	return errIncomplete("Date must be in ISO-8601 'basic format'. Got '%.200s'. See http://en.wikipedia.org/wiki/ISO_8601", stamp)
}

// errNoTime refuses a request of no time, or of one that cannot be read.
func errNoTime(general *cloud.Error) error {
	return &fault{general, s3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")}
}

// errQuery refuses a parameter of a presigned URL.
func errQuery(general *cloud.Error, message string) error {
	return &fault{general, s3Error("AuthorizationQueryParametersError", message)}
}

func parsePresigned(r *http.Request, query url.Values) (*signature, error) {
	if got := query.Get("X-Amz-Algorithm"); got != algorithm {
		return nil, errQuery(errIncomplete("Unsupported AWS 'algorithm': '%.200s'.", got),
			`X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`)
	}
	for _, name := range []string{"X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		if query.Get(name) == "" {
			return nil, errQuery(errIncomplete("AWS query-string parameters must include '%s'.", name), missingParameter)
		}
	}
	s := &signature{
		signature: query.Get("X-Amz-Signature"), token: query.Get("X-Amz-Security-Token"),
		presigned: true,
	}
	stamp := query.Get("X-Amz-Date")
	if s.setTime(stamp) != nil {
		return nil, errQuery(errTime(stamp), `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
	}
	if err := s.setCredential(query.Get("X-Amz-Credential")); err != nil {
		return nil, err
	}
	if err := s.setExpires(query); err != nil {
		return nil, err
	}
	if err := s.setSignedHeaders(query.Get("X-Amz-SignedHeaders")); err != nil {
		return nil, err
	}
	if s.service == "s3" { // of others it was never asked
		return s, s.checkHeaders(r.Header)
	}
	return s, nil
}

const missingParameter = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, " +
	"X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."

// setExpires reads for how many seconds a URL is good. S3 wants to be told.
func (s *signature) setExpires(query url.Values) error {
	text := query.Get("X-Amz-Expires")
	if text == "" {
		if s.service == "s3" {
			return errQuery(errIncomplete("AWS query-string parameters must include 'X-Amz-Expires'."), missingParameter)
		}
		s.expires = maxSkew
		return nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	var message string
	switch {
	case err != nil:
		message = "X-Amz-Expires should be a number"
	case seconds < 0:
		message = "X-Amz-Expires must be non-negative"
	case seconds > int64(maxExpires.Seconds()):
		message = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
	default:
		s.expires = time.Duration(seconds) * time.Second
		return nil
	}
	return errQuery(errInvalid("%s.", message), message)
}

func (s *signature) setTime(text string) error {
	when, err := time.Parse(timeLayout, text)
	if err != nil {
		if when, err = http.ParseTime(text); err != nil {
			return err
		}
	}
	s.time = when.UTC()
	return nil
}

// setCredential takes "AKID/20261121/ap-northeast-2/athena/aws4_request" apart.
// The key ID itself may hold slashes.
func (s *signature) setCredential(text string) error {
	parts := strings.Split(text, "/")
	if len(parts) < 5 {
		return s.malformed(errIncomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%.200s'", text),
			`the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`)
	}
	scope := parts[len(parts)-4:]
	if scope[3] != terminator {
		return s.malformed(errInvalid("Credential should be scoped with a valid terminator: '%s', not '%.200s'.", terminator, scope[3]),
			`incorrect terminal "`+shown(scope[3])+`". This endpoint uses "`+terminator+`".`)
	}
	s.accessKeyID = strings.Join(parts[:len(parts)-4], "/")
	s.day, s.region, s.service = scope[0], scope[1], scope[2]
	if !validKeyID(s.accessKeyID) {
		return errUnknownKey(s.accessKeyID)
	}
	return nil
}

// validKeyID says whether a text may name an access key: AWS's are letters and
// digits, at most 128 of them. Others' have further characters that are seen.
func validKeyID(id string) bool {
	return id != "" && len(id) <= maxKeyID && !strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' })
}

func (s *signature) setSignedHeaders(text string) error {
	s.signedHeaders = strings.Split(strings.ToLower(text), ";")
	slices.Sort(s.signedHeaders)
	s.signedHeaders = slices.Compact(s.signedHeaders) // or one long header could be hashed a thousand times
	if !slices.Contains(s.signedHeaders, "host") && !slices.Contains(s.signedHeaders, ":authority") {
		return &fault{
			errInvalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
			s3Error("AccessDenied", "There were headers present in the request which were not signed", "HeadersNotSigned", "host"),
		}
	}
	return nil
}

// checkHeaders refuses a request whose meaning could be changed without
// breaking the signature.
func (s *signature) checkHeaders(header http.Header) error {
	for name := range header {
		lower := strings.ToLower(name)
		free := lower == "x-amz-cf-id" || s.presigned && lower == "x-amz-content-sha256"
		if strings.HasPrefix(lower, "x-amz-") && !free {
			if _, ok := slices.BinarySearch(s.signedHeaders, lower); !ok {
				return &fault{
					errInvalid("There were headers present in the request which were not signed: %.200s", lower),
					s3Error("AccessDenied", "There were headers present in the request which were not signed", "HeadersNotSigned", shown(lower)),
				}
			}
		}
	}
	return nil
}

// IsParameter says whether a query parameter of that name in lower case is a part
// of a signature, and of nothing else.
func IsParameter(name string) bool {
	switch name {
	case "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature",
		"x-amz-security-token", "x-amz-content-sha256":
		return true
	}
	return false
}
