package wire

import (
	"net/http"
	"strings"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
)

// s3Failure says an error in S3's words.
func (m *Model) s3Failure(err *cloud.Error, requestID string) *Failure {
	code, message := s3Words(err)
	f := &Failure{
		Name: code, Code: code, QueryCode: code, Message: message, Member: "message", Fields: err.Fields,
		RequestID: requestID, HostID: HostID(requestID), Status: s3Status(code),
	}
	if declared := m.errors[code]; f.Status == 0 && declared != nil {
		f.Status = declared.Status
	}
	switch {
	case err.Kind == cloud.Internal:
		f.Status = http.StatusInternalServerError
	case f.Status == 0:
		f.Status = statusOf(err.Kind, api.RESTXML)
	}
	f.Fault = f.Status >= http.StatusInternalServerError
	return f
}

// s3Words returns S3's code and message for an error that all services share.
func s3Words(err *cloud.Error) (code, message string) {
	if err.Kind == cloud.Internal {
		return "InternalError", "We encountered an internal error. Please try again."
	}
	switch err.Code {
	case "AccessDeniedException", "MissingAuthenticationTokenException":
		return "AccessDenied", err.Message
	case "ExpiredTokenException":
		return "ExpiredToken", err.Message
	case "IncompleteSignatureException":
		return "AuthorizationHeaderMalformed", err.Message
	case "InvalidSignatureException":
		return "SignatureDoesNotMatch", err.Message
	case "UnrecognizedClientException":
		return "InvalidAccessKeyId", err.Message
	case "RequestEntityTooLargeException":
		return "MaxMessageLengthExceeded", "Your request was too big."
	case "SerializationException":
		return "InvalidRequest", err.Message
	case "ThrottlingException":
		return "SlowDown", err.Message
	case "UnsupportedOperation":
		return "NotImplemented", err.Message
	}
	return err.Code, err.Message
}

// s3Status returns the HTTP status of one of S3's codes, where the kind of the
// error alone does not say it; 0 where it does. From the list of error codes in
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
func s3Status(code string) int {
	switch code {
	case "PermanentRedirect":
		return http.StatusMovedPermanently
	case "NotModified":
		return http.StatusNotModified
	case "TemporaryRedirect", "Redirect":
		return http.StatusTemporaryRedirect
	case "AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "BadDigest", "EncryptionTypeMismatch", "EntityTooLarge",
		"EntityTooSmall", "ExpiredToken", "IdempotencyParameterMismatch", "IllegalLocationConstraintException",
		"IllegalVersioningConfigurationException", "InvalidArgument", "InvalidDigest", "InvalidLocationConstraint", "InvalidPart",
		"InvalidPartOrder", "InvalidRequest", "InvalidToken", "KeyTooLongError", "MalformedPolicy", "MalformedXML",
		"XAmzContentSHA256Mismatch":
		return http.StatusBadRequest
	case "AccessDenied", "AccessForbidden", "AccountProblem", "AllAccessDisabled", "InvalidAccessKeyId", "InvalidObjectState",
		"InvalidPayer", "NotSignedUp", "ObjectAlreadyInActiveTierError", "ObjectNotInActiveTierError", "RequestTimeTooSkewed",
		"SignatureDoesNotMatch":
		return http.StatusForbidden
	case "MethodNotAllowed":
		return http.StatusMethodNotAllowed
	case "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "BucketNotEmpty", "ConditionalRequestConflict", "InvalidBucketState",
		"ObjectLockConfigurationConflict", "OperationAborted", "RestoreAlreadyInProgress":
		return http.StatusConflict
	case "MissingContentLength":
		return http.StatusLengthRequired
	case "PreconditionFailed":
		return http.StatusPreconditionFailed
	case "InvalidPartNumber", "InvalidRange":
		return http.StatusRequestedRangeNotSatisfiable
	case "InternalError":
		return http.StatusInternalServerError
	case "NotImplemented":
		return http.StatusNotImplemented
	case "ServiceUnavailable", "SlowDown":
		return http.StatusServiceUnavailable
	}
	if strings.HasPrefix(code, "NoSuch") || strings.HasSuffix(code, "NotFoundError") {
		return http.StatusNotFound
	}
	return 0
}
