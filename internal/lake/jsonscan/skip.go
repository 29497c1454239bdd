package jsonscan

import (
	"encoding/binary"
	"math/bits"
)

// Skip reads past the value at b[i], which lies in depth objects and arrays, and adds to
// leaves how many values are in it that are neither. It accepts what Within does, tells
// nothing else of the value, and is faster: end is -1 where there is none.
func Skip(b []byte, i, depth int, leaves *int) (end int) {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; {
	case c == '"':
		*leaves++
		return Quoted(b, i)
	case c == '{', c == '[':
		return skipInside(b, i, depth+1, leaves)
	case c == '-' || c >= '0' && c <= '9':
		*leaves++
		return skipNumber(b, i)
	default:
		*leaves++
		v, err := next(b, i, depth)
		if err != nil {
			return -1
		}
		return v.End
	}
}

// Quoted reads past the string that begins at b[i]. end is -1 where there is none.
func Quoted(b []byte, i int) (end int) {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		hit := (((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((x - ones*0x20) &^ x)) & highs
		if hit == 0 {
			continue
		}
		if i += bits.TrailingZeros64(hit) / 8; b[i] == '"' {
			return i + 1
		}
		break
	}
	end, _, err := text(b, i) // an escape, or near the end
	if err != nil {
		return -1
	}
	return end
}

// skipNumber reads past a number: a plain one here, others as number does.
func skipNumber(b []byte, start int) int {
	i := start
	if b[i] >= '1' { // and no minus
		if i = digits(b, i); i+1 < len(b) && b[i] == '.' && b[i+1] >= '0' && b[i+1] <= '9' {
			i = digits(b, i+1)
		}
		if i < len(b) && b[i] != '.' && b[i]|0x20 != 'e' {
			return i
		}
	}
	i, err := number(b, start)
	if err != nil {
		return -1
	}
	return i
}

// skipInside reads past an object or array, which is the depth-th of those around.
func skipInside(b []byte, i, depth int, leaves *int) int {
	if depth > MaxDepth {
		return -1
	}
	object := b[i] == '{'
	closing := b[i] + 2 // ] and } stand two behind [ and {
	if i = past(b, i+1); i < len(b) && b[i] == closing {
		return i + 1
	}
	for {
		if object {
			if i = Quoted(b, i); i < 0 {
				return -1
			}
			if i = past(b, i); i >= len(b) || b[i] != ':' {
				return -1
			}
			i = past(b, i+1)
		}
		if i = Skip(b, i, depth, leaves); i < 0 {
			return -1
		}
		if i = past(b, i); i >= len(b) {
			return -1
		}
		if b[i] == closing {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = past(b, i+1)
	}
}

// past is Space where there mostly is none.
func past(b []byte, i int) int {
	if i < len(b) && b[i] <= ' ' {
		return Space(b, i)
	}
	return i
}
