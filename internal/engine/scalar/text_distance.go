package scalar

import (
	"unicode"

	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// maxDistanceWork bounds the work of levenshtein_distance, as Trino does.
const maxDistanceWork = 1_000_000

// levenshtein returns how many characters must be inserted, removed or changed
// to make one text of the other.
func levenshtein(args []any) (any, error) {
	long, short := []rune(value.As[string](args[0])), []rune(value.As[string](args[1]))
	if len(long) < len(short) {
		long, short = short, long
	}
	if len(short) == 0 {
		return int64(len(long)), nil
	}
	if len(long)*(len(short)-1) > maxDistanceWork {
		return nil, sqlerr.Argument("The combined inputs for Levenshtein distance are too large")
	}
	row := make([]int, len(short)+1)
	for i := range row {
		row[i] = i
	}
	for i, a := range long {
		diagonal := row[0]
		row[0] = i + 1
		for j, b := range short {
			above := row[j+1]
			if a == b {
				row[j+1] = diagonal
			} else {
				row[j+1] = 1 + min(diagonal, above, row[j])
			}
			diagonal = above
		}
	}
	return int64(row[len(short)]), nil
}

// hamming returns in how many places two texts of one length differ.
func hamming(args []any) (any, error) {
	a, b := []rune(value.As[string](args[0])), []rune(value.As[string](args[1]))
	if len(a) != len(b) {
		return nil, sqlerr.Argument("The input strings to hamming_distance function must have the same length")
	}
	distance := int64(0)
	for i := range a {
		if a[i] != b[i] {
			distance++
		}
	}
	return distance, nil
}

// soundexCodes are the classes of the letters A to Z.
const soundexCodes = "01230120022455012623010202"

// soundex encodes how the letters of a text sound. H and W do not part two
// letters of one class; a vowel does.
func soundex(args []any) (any, error) {
	letters := soundexLetters(value.As[string](args[0]))
	if len(letters) == 0 {
		return "", nil
	}
	code := []byte("0000")
	n, last := 0, byte(0)
	for i, r := range letters {
		if i > 0 && (n == len(code) || r == 'H' || r == 'W') {
			continue
		}
		if r < 'A' || r > 'Z' {
			return nil, sqlerr.Argument("The character is not mapped: %c (index=%d)", r, r-'A')
		}
		class := soundexCodes[r-'A']
		switch {
		case i == 0:
			code[0], n = byte(r), 1
		case class != '0' && class != last:
			code[n] = class
			n++
		}
		last = class
	}
	return string(code), nil
}

func soundexLetters(s string) []rune {
	var letters []rune
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters = append(letters, unicode.ToUpper(r))
		}
	}
	return letters
}
