package shadow

import (
	"sync"

	"github.com/klauspost/compress/zstd"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
)

// codec is zstd whose frames end with a checksum of their content, which every
// reader of zstd verifies: a page that was damaged after its file was proven is an
// error, and not other values. Parquet's own package leaves the checksum out.
type codec struct {
	parquetzstd.Codec

	encoders sync.Pool
}

// Encode compresses src into dst and returns it.
func (c *codec) Encode(dst, src []byte) ([]byte, error) {
	e, ok := c.encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		e, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(true))
		if err != nil {
			return nil, err
		}
	}
	defer c.encoders.Put(e)
	return e.EncodeAll(src, dst[:0]), nil
}
