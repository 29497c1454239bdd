package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http"
)

// refusedError is that a server refuses a question, in fewer words than the SDK's.
type refusedError struct {
	cause error
	text  string
}

func (e *refusedError) Error() string { return e.text }
func (e *refusedError) Unwrap() error { return e.cause }

// serviceRefused is an error of a service of AWS in fewer words than the SDK's; any other
// error as it is.
func serviceRefused(err error) error {
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return &refusedError{err, refused.ErrorCode() + ": " + refused.ErrorMessage()}
	}
	if away, ok := errors.AsType[*url.Error](err); ok {
		return &refusedError{err, fmt.Sprintf("%s does not answer: %s", away.URL, away.Err)}
	}
	return err
}

// isRefused says whether an error is an answer of the server that would be the same
// another time: not that it is away or has too much to do.
func isRefused(err error) bool {
	if _, missing := errors.AsType[*noGroupError](err); missing {
		return true
	}
	answer, ok := errors.AsType[*http.ResponseError](err)
	return ok && answer.HTTPStatusCode() >= 400 && answer.HTTPStatusCode() < 500 && !isThrottled(err)
}

// isThrottled says whether the server asks to come back later.
func isThrottled(err error) bool {
	refused, ok := errors.AsType[smithy.APIError](err)
	return ok && (strings.Contains(refused.ErrorCode(), "Throttling") || refused.ErrorCode() == "LimitExceededException")
}

// hasCode says whether an error is the server's, of that code.
func hasCode(err error, code string) bool {
	refused, ok := errors.AsType[smithy.APIError](err)
	return ok && refused.ErrorCode() == code
}
