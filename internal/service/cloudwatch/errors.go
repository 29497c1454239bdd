package cloudwatch

import (
	"fmt"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/javadouble"
)

// The texts are AWS's, as they were recorded, but for those that this package marks.
const (
	codeValue       = "InvalidParameterValueException"
	codeCombination = "InvalidParameterCombinationException"
	codeMissing     = "MissingRequiredParameterException"
	codeValidation  = "ValidationError"
	codeToken       = "InvalidNextToken"
)

func errValue(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, codeValue, format, args...)
}

func errCombination(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, codeCombination, format, args...)
}

func errMissing(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, codeMissing, format, args...)
}

func errValidation(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, codeValidation, format, args...)
}

// errTooMany says that a list is too long.
func errTooMany(code, list string, most int) error {
	return cloud.Errorf(cloud.Invalid, code, "The collection %s must not have a size greater than %d.", list, most)
}

// member is the place of an element of a list, as messages name it in all protocols.
func member(list string, i int) string { return fmt.Sprintf("%s.member.%d", list, i+1) }

// double is a number as AWS writes it, which is Java's way.
func double(v float64) string { return javadouble.Text(v) }
