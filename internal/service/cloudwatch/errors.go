package cloudwatch

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
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
func double(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	if a := max(v, -v); a != 0 && (a < 1e-3 || a >= 1e7) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		n, _ := strconv.Atoi(exponent)
		return mantissa + "E" + strconv.Itoa(n)
	}
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
