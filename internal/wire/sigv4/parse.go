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
	return Claim{AccessKeyID: s.accessKeyID, Region: s.region, Service: s.service, signature: s}
}

func parse(r *http.Request) (*signature, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return parseHeader(r, header)
	}
	query := r.URL.Query()
	if query.Get("X-Amz-Algorithm") != "" || query.Get("X-Amz-Credential") != "" {
		return parsePresigned(query)
	}
	if query.Get("AWSAccessKeyId") != "" {
		return nil, errVersion2()
	}
	return nil, ErrUnsigned()
}

// ErrUnsigned returns the error that a request without a signature meets.
func ErrUnsigned() *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "MissingAuthenticationTokenException", "Missing Authentication Token")
}

// errVersion2 refuses S3's signatures from before version 4, as AWS does for
// buckets made since 2020. The AWS CLI 1 and boto3 still presign with them
// unless they are told otherwise.
func errVersion2() *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "InvalidRequest", "The authorization mechanism you have provided is not supported. "+
		"Please use %s: set s3.signature_version = s3v4 in the AWS configuration, or signature_version='s3v4' in the SDK's.", algorithm)
}

func parseHeader(r *http.Request, header string) (*signature, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if scheme == "AWS" {
		return nil, errVersion2()
	}
	if scheme != algorithm {
		return nil, errIncomplete("Unsupported AWS 'algorithm': '%.200s'.", scheme)
	}
	params := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, errIncomplete("'%.200s' not a valid key=value pair (missing equal-sign) in Authorization header.", strings.TrimSpace(part))
		}
		params[name] = value
	}
	var missing []string
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if params[name] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	stamp := r.Header.Get("X-Amz-Date")
	if stamp == "" {
		stamp = r.Header.Get("Date")
	}
	if stamp == "" {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if len(missing) > 0 {
		return nil, errIncomplete("%s", strings.Join(missing, " "))
	}
	s := &signature{signature: params["Signature"], token: r.Header.Get("X-Amz-Security-Token")}
	if err := s.setTime(stamp); err != nil {
		return nil, err
	}
	if err := s.setCredential(params["Credential"]); err != nil {
		return nil, err
	}
	if err := s.setSignedHeaders(params["SignedHeaders"]); err != nil {
		return nil, err
	}
	return s, s.checkHeaders(r.Header)
}

func parsePresigned(query url.Values) (*signature, error) {
	if got := query.Get("X-Amz-Algorithm"); got != algorithm {
		return nil, errIncomplete("Unsupported AWS 'algorithm': '%.200s'.", got)
	}
	for _, name := range []string{"X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		if query.Get(name) == "" {
			return nil, errIncomplete("AWS query-string parameters must include '%s'.", name)
		}
	}
	s := &signature{
		signature: query.Get("X-Amz-Signature"), token: query.Get("X-Amz-Security-Token"),
		presigned: true, expires: maxSkew,
	}
	if err := s.setTime(query.Get("X-Amz-Date")); err != nil {
		return nil, err
	}
	if text := query.Get("X-Amz-Expires"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 0 {
			return nil, errInvalid("X-Amz-Expires should be a non-negative number of seconds.")
		}
		if seconds > int(maxExpires.Seconds()) {
			return nil, errInvalid("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
		}
		s.expires = time.Duration(seconds) * time.Second
	}
	if err := s.setCredential(query.Get("X-Amz-Credential")); err != nil {
		return nil, err
	}
	return s, s.setSignedHeaders(query.Get("X-Amz-SignedHeaders"))
}

func (s *signature) setTime(text string) error {
	when, err := time.Parse(timeLayout, text)
	if err != nil {
		if when, err = http.ParseTime(text); err != nil {
			return errIncomplete("Date must be in ISO-8601 'basic format'. Got '%.200s'. See http://en.wikipedia.org/wiki/ISO_8601", text)
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
		return errIncomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%.200s'", text)
	}
	scope := parts[len(parts)-4:]
	if scope[3] != terminator {
		return errInvalid("Credential should be scoped with a valid terminator: '%s', not '%.200s'.", terminator, scope[3])
	}
	s.accessKeyID = strings.Join(parts[:len(parts)-4], "/")
	s.day, s.region, s.service = scope[0], scope[1], scope[2]
	if !validKeyID(s.accessKeyID) {
		return errUnknownKey()
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
		return errInvalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return nil
}

// checkHeaders refuses a request whose meaning could be changed without
// breaking the signature.
func (s *signature) checkHeaders(header http.Header) error {
	for name := range header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && lower != "x-amz-cf-id" {
			if _, ok := slices.BinarySearch(s.signedHeaders, lower); !ok {
				return errInvalid("There were headers present in the request which were not signed: %.200s", lower)
			}
		}
	}
	return nil
}

func errIncomplete(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "IncompleteSignatureException", format, args...)
}
