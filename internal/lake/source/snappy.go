package source

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/s2"
)

// maxBlock is the largest snappy block that is read, before and after it is
// expanded: a block has to be in memory as a whole.
const maxBlock = 256 << 20

// blocked says whether head may begin snappy data without a frame, which has no
// mark of its own: a plausible length, and then a literal that is text.
func blocked(head []byte) bool {
	return block(head) || len(head) > 8 && block(head[8:]) // as Hadoop writes them: two lengths before each block
}

func block(head []byte) bool {
	n, size := binary.Uvarint(head)
	if size <= 0 || n == 0 || n > maxBlock || size >= len(head) || head[size]&3 != 0 {
		return false
	}
	length := uint64(head[size]>>2) + 1
	literal := head[size+1:]
	if more := int(length) - 60; more > 0 { // up to four bytes say how long the literal is
		if len(literal) < more {
			return false
		}
		length = 1
		for i := range more {
			length += uint64(literal[i]) << (8 * i)
		}
		literal = literal[more:]
	}
	shown := min(uint64(len(literal)), length, 16)
	return length <= n && shown >= 3 && isText(literal[:shown]) && !isText(head[:size+1])
}

// isText says whether bytes may begin a text: no control bytes but white space,
// and no bytes beyond ASCII.
func isText(b []byte) bool {
	for _, c := range b {
		if c >= 0x7f || c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// openSnappyBlock reads one snappy block, or Hadoop's blocks. What does not turn
// out to be one is given as it is.
func openSnappyBlock(c *Content, in *bufio.Reader, _ int) (io.Reader, error) {
	packed, err := io.ReadAll(io.LimitReader(in, maxBlock+1))
	if err != nil {
		return nil, err
	}
	whole := func() (io.Reader, error) { return io.MultiReader(bytes.NewReader(packed), in), errNotPacked }
	if len(packed) > maxBlock {
		return whole()
	}
	if n, err := s2.DecodedLen(packed); err == nil && n > 0 && int64(n) <= min(maxBlock, c.limit) {
		if out, err := s2.Decode(nil, packed); err == nil {
			return bytes.NewReader(out), nil
		}
	}
	if out, err := hadoopBlocks(packed, min(maxBlock, c.limit)); err == nil {
		return bytes.NewReader(out), nil
	}
	return whole()
}

func hadoopBlocks(packed []byte, limit int64) ([]byte, error) {
	var out []byte
	for len(packed) > 0 {
		if len(packed) < 4 {
			return nil, io.ErrUnexpectedEOF
		}
		want := int(binary.BigEndian.Uint32(packed))
		packed = packed[4:]
		for got := 0; got < want; {
			if len(packed) < 4 {
				return nil, io.ErrUnexpectedEOF
			}
			size := int(binary.BigEndian.Uint32(packed))
			packed = packed[4:]
			if size <= 0 || size > len(packed) {
				return nil, io.ErrUnexpectedEOF
			}
			n, err := s2.DecodedLen(packed[:size])
			if err != nil || n <= 0 || int64(len(out)+n) > limit {
				return nil, errors.Join(err, errTooLarge)
			}
			block, err := s2.Decode(nil, packed[:size])
			if err != nil {
				return nil, err
			}
			out, packed, got = append(out, block...), packed[size:], got+n
		}
	}
	return out, nil
}
