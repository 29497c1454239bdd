package objects

import (
	"errors"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
)

// ErrUnshared is what a change ends with that would share content that is not
// sealed as new content is: by a given key, or not at all. It must be read, and
// staged again.
var ErrUnshared = errors.New("the content is not sealed as new content is: it cannot be shared")

var (
	errClosed   = errors.New("the store is closed")
	errOver     = errors.New("the transaction is over")
	errChecksum = errors.New("the checksum does not match")
	errTaken    = errors.New("the content was taken or discarded already")
)

// withFields adds members to an error, by name and value in turn.
func withFields(e *cloud.Error, members ...string) *cloud.Error {
	e.Fields = map[string]any{}
	for i := 0; i+1 < len(members); i += 2 {
		e.Fields[members[i]] = members[i+1]
	}
	return e
}

func errNoVersion(key, id string) *cloud.Error {
	return withFields(cloud.Errorf(cloud.NotFound, "NoSuchVersion", "The specified version does not exist."),
		"Key", key, "VersionId", id)
}

func errVersionID(id string) *cloud.Error {
	return withFields(cloud.Errorf(cloud.Invalid, "InvalidArgument", "Invalid version id specified"),
		"ArgumentName", "versionId", "ArgumentValue", id)
}

func errNoUpload(id string) *cloud.Error {
	return withFields(cloud.Errorf(cloud.NotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."),
		"UploadId", id)
}

func errLocked() *cloud.Error {
	return cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied because object protected by object lock.")
}

func errBucketState(message string) *cloud.Error {
	return cloud.Errorf(cloud.Conflict, "InvalidBucketState", "%s", message)
}

// writeError is the error of a write that concerns its caller alone.
func writeError(err error) error {
	if disk.IsFull(err) {
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "The server's disk is full.").Because(err)
	}
	return err
}
