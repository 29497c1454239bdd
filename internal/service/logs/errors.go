package logs

import (
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// The texts are AWS's, as they were recorded.

const invalid = "InvalidParameterException"

// tokens is of the listings that are read in pages.
const tokens resource.TokenCode = invalid

func errInvalid(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, invalid, format, args...)
}

func errToken() error { return errInvalid("The specified nextToken is invalid.") }

func errSpan() error {
	return errInvalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
}

func errMissing(text string) error {
	return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "%s", text)
}

func errNoGroup(...string) error  { return errMissing("The specified log group does not exist.") }
func errNoStream(...string) error { return errMissing("The specified log stream does not exist.") }

func errExists(text string) error {
	return cloud.Errorf(cloud.Conflict, "ResourceAlreadyExistsException", "%s", text)
}

func errLimit() error {
	return cloud.Errorf(cloud.Invalid, "LimitExceededException", "Resource limit exceeded.")
}

// errStore is an error of the store of events as a client sees it.
func errStore(err error) error {
	if cloud.KindOf(err) == cloud.Unavailable {
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailableException", "Log events cannot be stored: there is no room on the disk, or it has failed.").Because(err)
	}
	return err
}

// paging is a page of a listing, with AWS's text for a token that is none.
func paging(in any, token *string, size *int32, most int) resource.Paging {
	p := tokens.Page(in, token, size, most)
	p.TokenText = "The specified nextToken is invalid."
	return p
}
