package eventpattern

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// number is a number as it is compared: by its value where that is one which a computer
// has and writes in the same way, and by its spelling else.
type number struct {
	spelled    string
	value      float64
	comparable bool
}

// numberOf returns a number, and whether it has a value to compare.
func numberOf(spelled string) (number, bool) {
	n := number{spelled: spelled}
	value, err := strconv.ParseFloat(spelled, 64)
	if err != nil || math.IsInf(value, 0) {
		return n, false
	}
	n.value = value
	n.comparable = plain(spelled) == plain(strconv.FormatFloat(value, 'e', -1, 64))
	return n, n.comparable
}

// plain returns the digits of a number and its exponent, in one way for each number.
func plain(spelled string) string {
	digits, power, _ := strings.Cut(strings.ToLower(spelled), "e")
	exponent, err := strconv.Atoi(cmp.Or(strings.TrimPrefix(power, "+"), "0"))
	if err != nil {
		return spelled // an exponent beyond all numbers
	}
	digits, negative := strings.CutPrefix(digits, "-")
	whole, part, _ := strings.Cut(digits, ".")
	exponent -= len(part)
	digits = strings.TrimLeft(whole+part, "0")
	short := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(short)
	if short == "" {
		return "0"
	}
	if negative {
		short = "-" + short
	}
	return short + "e" + strconv.Itoa(exponent)
}
