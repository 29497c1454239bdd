package source

import (
	"bufio"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// plainText takes off a byte order mark, and turns UTF-16 into UTF-8.
func plainText(in *bufio.Reader) *bufio.Reader {
	head, _ := in.Peek(16) // an error comes again with the first read
	order := unicode.LittleEndian
	switch {
	case len(head) >= 3 && string(head[:3]) == "\xef\xbb\xbf":
		_, _ = in.Discard(3) // they were looked at
		return in
	case len(head) >= 2 && string(head[:2]) == "\xff\xfe", wide(head, 1):
	case len(head) >= 2 && string(head[:2]) == "\xfe\xff", wide(head, 0):
		order = unicode.BigEndian
	default:
		return in
	}
	decoder := unicode.UTF16(order, unicode.UseBOM).NewDecoder()
	return bufio.NewReaderSize(transform.NewReader(in, decoder), buffered)
}

// wide says whether head is text in UTF-16 without a mark: each byte at an even
// place, or at an odd one, is zero, and no other is.
func wide(head []byte, zeros int) bool {
	if len(head) < 8 || len(head)%2 != 0 {
		return false
	}
	for i, c := range head {
		if (c == 0) != (i%2 == zeros) {
			return false
		}
	}
	return true
}
