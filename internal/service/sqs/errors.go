package sqs

import (
	"errors"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/queues"
)

func errNoQueue() *cloud.Error {
	return cloud.Errorf(cloud.NotFound, "QueueDoesNotExist", "The specified queue does not exist.")
}

// errValue is SQS's answer for the value of a parameter that it does not take.
func errValue(value, parameter, reason string) *cloud.Error {
	return errParameter("Value %s for parameter %s is invalid. Reason: %s", value, parameter, reason)
}

func errParameter(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidParameterValueException", format, args...)
}

func errMissing(parameter string) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "MissingRequiredParameterException", "The request must contain the parameter %s.", parameter)
}

func errAttributeName(name string) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidAttributeName", "Unknown Attribute %s.", name)
}

// errAttributeValue is SQS's answer for the value of a queue's attribute; reason may be
// empty.
func errAttributeValue(name, reason string) *cloud.Error {
	if reason != "" {
		reason = " Reason: " + reason
	}
	return cloud.Errorf(cloud.Invalid, "InvalidAttributeValue", "Invalid value for the parameter %s.%s", name, reason)
}

// errReceipt is what is wrong with a receipt, in SQS's words.
func errReceipt(err error, receipt string, timeout int32) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, queues.ErrReceipt):
		return cloud.Errorf(cloud.NotFound, "ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
	case errors.Is(err, queues.ErrExpired):
		return errValue(receipt, "ReceiptHandle", "The receipt handle has expired.")
	case errors.Is(err, queues.ErrGone):
		return errValue(receipt, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
	case errors.Is(err, queues.ErrNotInFlight):
		return cloud.Errorf(cloud.Invalid, "MessageNotInflight", "The message referred to is not in flight.")
	case errors.Is(err, queues.ErrTooLong):
		return errParameter("Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].", timeout)
	}
	return err
}

// fromStore is an error of the store of messages as a client sees it.
func fromStore(err error) error {
	switch {
	case errors.Is(err, queues.ErrNoQueue):
		return errNoQueue() // it was deleted meanwhile
	case errors.Is(err, queues.ErrInFlight):
		return cloud.Errorf(cloud.Throttled, "OverLimit", "The maximum number of in flight messages is reached: delete those that are done with.")
	}
	return err
}

// errForeign refuses what only the account of a queue may do, whatever its policy says.
func errForeign(p cloud.Principal, action, arn string) *cloud.Error {
	return cloud.Errorf(cloud.Denied, "AccessDenied", "User: %s is not authorized to perform: %s on resource: %s", p.ARN, action, arn)
}
