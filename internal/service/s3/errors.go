package s3

import "github.com/sillok/sillok/internal/cloud"

// errNotSet is S3's answer for a setting that a bucket does not have.
func errNotSet(code, message, bucket string) *cloud.Error {
	return fail(cloud.NotFound, code, message, "BucketName", bucket)
}

// errInvalidRequest is S3's answer for much that is wrong with a document.
func errInvalidRequest(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidRequest", format, args...)
}

// errInvalidArgument is errArgument where S3 names no argument.
func errInvalidArgument(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidArgument", format, args...)
}

// errIncorrectToken refuses a token that continues no such listing.
func errIncorrectToken() *cloud.Error {
	return fail(cloud.Invalid, "InvalidArgument", "The continuation token provided is incorrect", "ArgumentName", "continuation-token")
}
