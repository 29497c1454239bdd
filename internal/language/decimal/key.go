package decimal

import "strconv"

// AppendKey appends a text that is the same for equal numbers and for no others.
func (n Number) AppendKey(b []byte) []byte {
	if n.negative {
		b = append(b, '-')
	}
	for _, c := range n.digits {
		if c != '.' {
			b = append(b, c)
		}
	}
	if len(n.digits) == 0 {
		return append(b, '0')
	}
	return strconv.AppendInt(append(b, 'e'), int64(n.point), 10)
}
