package checksum

import (
	"crypto/md5" //nolint:gosec // S3's ETags are MD5
	"encoding/hex"
	"hash"
	"strconv"
)

// ETag computes the ETag that S3 gives to content which it does not encrypt by a
// key of the user's: of content that was put whole its MD5, of parts the MD5 of
// their MD5s, with their number. It is an io.Writer.
type ETag struct {
	sizes []int64
	part  hash.Hash
	left  int64  // of the part
	sums  []byte // of the parts before it
	done  int    // parts before it
}

// NewETag returns an ETag of content that was uploaded in parts of those sizes,
// or whole when there are none.
func NewETag(sizes []int64) *ETag {
	e := &ETag{sizes: sizes, part: md5.New()} //nolint:gosec // as above
	if len(sizes) > 0 {
		e.left = sizes[0]
	}
	return e
}

// Write takes more of the content. It never fails. What comes after the last
// part is taken for one part more.
func (e *ETag) Write(p []byte) (int, error) {
	all := len(p)
	for e.sizes != nil && e.done < len(e.sizes) && int64(len(p)) > e.left {
		_, _ = e.part.Write(p[:e.left])
		p = p[e.left:]
		e.endPart()
	}
	_, _ = e.part.Write(p)
	e.left -= int64(len(p))
	return all, nil
}

func (e *ETag) endPart() {
	e.sums = e.part.Sum(e.sums)
	e.part.Reset()
	e.done++
	e.left = 0
	if e.done < len(e.sizes) {
		e.left = e.sizes[e.done]
	}
}

// String returns the ETag of what came, without quotes.
func (e *ETag) String() string {
	if e.sizes == nil {
		return hex.EncodeToString(e.part.Sum(nil))
	}
	sums := append([]byte(nil), e.sums...)
	all := md5.Sum(e.part.Sum(sums)) //nolint:gosec // as above
	return hex.EncodeToString(all[:]) + "-" + strconv.Itoa(e.done+1)
}
