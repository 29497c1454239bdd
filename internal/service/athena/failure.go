package athena

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Categories and types of AthenaError, from
// https://docs.aws.amazon.com/athena/latest/ug/error-reference.html.
const (
	categorySystem = 1
	categoryUser   = 2

	errorInternal     = 100
	errorTimeout      = 206
	errorWriteResult  = 401
	errorUser         = 1000
	errorData         = 1001
	errorDDL          = 1003
	errorSyntax       = 1006
	errorRejected     = 1008
	errorCancelled    = 1011
	errorArgument     = 1100
	errorProperty     = 1103
	errorView         = 1107
	errorPath         = 1109
	errorTableMissing = 1110
	errorNotSupported = 1200
	errorEntity       = 1301
	errorFunction     = 1303
	errorBucket       = 1306
	errorPermission   = 1500
)

// internalError is the name of errors that are no fault of the statement.
const internalError = "GENERIC_INTERNAL_ERROR"

// errorTypes says which type of AthenaError a Trino error name is. Any other
// that has a place in the text is of what was written.
var errorTypes = map[string]int32{
	sqlerr.TableNotFound: errorTableMissing, "SCHEMA_NOT_FOUND": errorEntity, "CATALOG_NOT_FOUND": errorEntity,
	sqlerr.FunctionNotFound: errorFunction,
	sqlerr.NotSupported:     errorNotSupported, sqlerr.Unsupported: errorNotSupported,
	sqlerr.InvalidCastArgument: errorData, sqlerr.DivisionByZero: errorData, sqlerr.NumericOutOfRange: errorData,
	"HIVE_BAD_DATA": errorData, "HIVE_CURSOR_ERROR": errorData, "HIVE_INVALID_PARTITION_VALUE": errorData,
	"HIVE_INVALID_METADATA": errorProperty, "INVALID_TABLE_PROPERTY": errorProperty,
	sqlerr.InvalidFunctionArgument: errorArgument,
	"INVALID_VIEW":                 errorView, "VIEW_IS_STALE": errorView, "VIEW_IS_RECURSIVE": errorView,
	sqlerr.SyntaxError: errorSyntax, sqlerr.TypeMismatch: errorSyntax, sqlerr.ColumnNotFound: errorSyntax,
	internalError: errorInternal,
}

// errorType returns the type of AthenaError that a failed statement is.
func errorType(e *sqlerr.Error) int32 {
	if known, ok := errorTypes[e.Name]; ok {
		return known
	}
	if e.Line > 0 {
		return errorSyntax
	}
	return errorUser
}

// ddlError is a failure of Hive's half of the language, in Hive's words.
type ddlError struct {
	kind    int32
	message string
}

func (e *ddlError) Error() string { return e.message }

func errDDL(kind int32, format string, args ...any) error {
	return &ddlError{kind: kind, message: "FAILED: " + fmt.Sprintf(format, args...)}
}

// describe sets the state, the reason and the error of an execution that ended with err.
func (s *Service) describe(x execution, err error) {
	state, category, retryable := failed, int32(categoryUser), false
	var (
		kind      int32
		reason    string
		statement *sqlerr.Error
		syntax    *parse.Error
		hive      *ddlError
		visible   *cloud.Error
		write     *writeError
	)
	switch {
	case err == nil:
		x.Status.State = new(succeeded)
		return
	case errors.Is(err, errCancelled):
		state, kind, reason = cancelled, errorCancelled, "Query cancelled by user"
	case errors.Is(err, errTimeout):
		category, kind, reason = categorySystem, errorTimeout, "Query timeout"
	case errors.Is(err, errStopping), errors.Is(err, context.Canceled):
		category, kind, retryable, reason = categorySystem, errorInternal, true, internalError+": "+errStopping.Error()
	case errors.Is(err, engine.ErrScanLimit):
		state, kind, reason = cancelled, errorRejected, engine.ErrScanLimit.Error()
	case errors.As(err, &write):
		kind, reason = errorWriteResult, "cannot write the result to "+write.location+": "+cause(write.cause)
		if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == "NoSuchBucket" {
			kind = errorBucket
		} else if !ok || e.Kind == cloud.Unavailable {
			category, retryable = categorySystem, ok // what is full or stopping may take it later
			s.cfg.Log.Error("write a result", "query_execution_id", *x.QueryExecutionId, "error", write.cause)
		}
	case errors.As(err, &syntax):
		kind, reason = errorSyntax, syntaxReason(syntax)
	case errors.As(err, &statement):
		kind, reason = errorType(statement), statement.Error()
		if statement.Name == internalError {
			category = categorySystem
		}
	case errors.As(err, &hive):
		kind, reason = hive.kind, hive.message
	case errors.As(err, &visible) && visible.Code == "NoSuchBucket":
		kind, reason = errorBucket, "HIVE_FILESYSTEM_ERROR: "+cause(visible)
	case errors.As(err, &visible) && visible.Kind == cloud.Denied:
		kind, reason = errorPermission, visible.Code+": "+visible.Message
	case errors.As(err, &visible) && visible.Kind == cloud.Unsupported:
		kind, reason = errorNotSupported, visible.Code+": "+visible.Message
	case errors.As(err, &visible):
		kind, reason = errorUser, visible.Code+": "+visible.Message
	default:
		s.cfg.Log.Error("query failed", "query_execution_id", *x.QueryExecutionId, "error", err)
		category, kind, reason = categorySystem, errorInternal, internalError+": the query failed inside Sillok; its log says why"
	}
	x.Status.State, x.Status.StateChangeReason = new(state), new(reason)
	x.Status.AthenaError = &athenaapi.AthenaError{
		ErrorCategory: new(category), ErrorType: new(kind), Retryable: new(retryable), ErrorMessage: new(reason),
	}
}

// syntaxReason is a syntax error as Athena words it, and what to write instead.
func syntaxReason(e *parse.Error) string {
	reason := e.Error()
	if !e.Hive {
		reason = sqlerr.SyntaxError + ": " + reason
	}
	if e.Hint != "" {
		reason += ". " + strings.ToUpper(e.Hint[:1]) + e.Hint[1:]
	}
	return reason
}

// cause returns the part of an error that its owner may see.
func cause(err error) string {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return "the object store failed"
	}
	if bucket, ok := e.Fields["BucketName"].(string); ok {
		return e.Message + ": " + bucket
	}
	return e.Message
}
