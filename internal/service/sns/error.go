package sns

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// errParameter is SNS's error for a parameter that it does not take.
func errParameter(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidParameterException", "Invalid parameter: %s", fmt.Sprintf(format, args...))
}

// errValue is SNS's error for an attribute of a message.
func errValue(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidParameterValueException", format, args...)
}

func errMissing(what string) *cloud.Error {
	return cloud.Errorf(cloud.NotFound, "NotFoundException", "%s does not exist", what)
}

// errUnsupported refuses by name what there is at AWS and not here.
func errUnsupported(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Unsupported, "InvalidParameterException", format, args...)
}

// parseARN reads an ARN that a client gave as a parameter.
func parseARN(parameter, given string) (cloud.ARN, error) {
	if n := len(strings.Split(given, ":")); n < 6 {
		return cloud.ARN{}, errParameter("%s Reason: An ARN must have at least 6 elements, not %d", parameter, n)
	}
	arn, err := cloud.ParseARN(given)
	if err != nil || arn.Service != "sns" || arn.Account == "" || arn.Region == "" || arn.Resource == "" {
		return cloud.ARN{}, errParameter("%s", parameter)
	}
	return arn, nil
}
