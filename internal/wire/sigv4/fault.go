package sigv4

import (
	"errors"

	"github.com/sillok/sillok/internal/cloud"
)

// fault is what is wrong with a signature: in the words of most services, and in
// S3's, which are others.
type fault struct{ general, s3 *cloud.Error }

// errForged is a cause of errors of which Forged is true.
var errForged = errors.New("the signature was not made with this key")

// Forged says whether an error means that a request was not signed with the key
// that it names: there is no such key, or the signature or the session's token is
// not of it. A signature that is malformed, or too old, says nothing of that.
func Forged(err error) bool { return errors.Is(err, errForged) }

// Error returns the words of most services.
func (f *fault) Error() string { return f.general.Error() }

// worded returns an error as a caller of S3, or of another service, sees it.
func worded(err error, s3 bool) error {
	f, ok := errors.AsType[*fault](err)
	switch {
	case !ok:
		return err
	case s3:
		return f.s3
	}
	return f.general
}

// s3Error returns an error of S3 with members beside its code and message, by
// name and value in turn.
func s3Error(code, message string, members ...string) *cloud.Error {
	e := &cloud.Error{Kind: cloud.Unauthenticated, Code: code, Message: message}
	for i := 0; i+1 < len(members); i += 2 {
		if e.Fields == nil {
			e.Fields = map[string]any{}
		}
		e.Fields[members[i]] = members[i+1]
	}
	return e
}

// because adds a cause to both wordings.
func (f *fault) because(cause error) *fault {
	return &fault{f.general.Because(errors.Join(cause, f.general.Cause)), f.s3.Because(errors.Join(cause, f.s3.Cause))}
}

// The places of a signature, which S3 tells apart.
const (
	inHeader = "The authorization header is malformed; "
	inQuery  = "Error parsing the X-Amz-Credential parameter; "
)

// malformed is what is wrong with the parts of a signature.
func (s *signature) malformed(general *cloud.Error, detail string, members ...string) error {
	if s.presigned {
		return &fault{general, s3Error("AuthorizationQueryParametersError", inQuery+detail, members...)}
	}
	return &fault{general, s3Error("AuthorizationHeaderMalformed", inHeader+detail, members...)}
}

// ErrUnsigned returns the error that a request without a signature meets at most
// services.
func ErrUnsigned() *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "MissingAuthenticationTokenException", "Missing Authentication Token")
}

func errUnsigned() error { return &fault{ErrUnsigned(), errS3Denied()} }

// errS3Denied is how S3 refuses whoever it does not know.
func errS3Denied() *cloud.Error { return s3Error("AccessDenied", "Access Denied") }

func errUnknownKey(id string) *fault {
	f := &fault{
		cloud.Errorf(cloud.Unauthenticated, "UnrecognizedClientException", "The security token included in the request is invalid."),
		s3Error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "AWSAccessKeyId", shown(id)),
	}
	return f.because(errForged)
}

func errInvalid(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "InvalidSignatureException", format, args...)
}

func errIncomplete(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "IncompleteSignatureException", format, args...)
}

// maxShown bounds what an error repeats of a request.
const maxShown = 200

// shown returns the beginning of what a request says.
func shown(text string) string {
	if len(text) > maxShown {
		return text[:maxShown]
	}
	return text
}
