package source

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// headBytes is how much of a layer is looked at: a tar archive has its mark at
// byte 257.
const headBytes = 512

// maxWindow bounds the memory that zstd data may ask for.
const maxWindow = 128 << 20

// packing is one way to pack bytes, and the bytes that it is known by.
type packing struct {
	name  string // for people
	magic string
	at    int                    // where magic stands
	sure  func(head []byte) bool // that bytes which a text may have too are the packing's; nil where none has them
	// open returns what is packed; nil when it is not read.
	open func(c *Content, in *bufio.Reader, depth int) (io.Reader, error)
}

// packings is every packing that is known by its first bytes. The first row that
// fits decides.
func packings() []packing {
	return []packing{
		{name: "compressed with gzip", magic: "\x1f\x8b", open: openGzip},
		{name: "compressed with zstd", magic: "\x28\xb5\x2f\xfd", open: openZstd},
		{name: "compressed with bzip2", magic: "BZh", sure: surelyBzip2, open: func(_ *Content, in *bufio.Reader, _ int) (io.Reader, error) { return bzip2.NewReader(in), nil }},
		{name: "compressed with xz", magic: "\xfd7zXZ\x00", open: func(_ *Content, in *bufio.Reader, _ int) (io.Reader, error) { return xz.NewReader(in) }},
		{name: "compressed with lz4", magic: "\x04\x22\x4d\x18", open: openLZ4},
		{name: "compressed with lz4", magic: "\x02\x21\x4c\x18", open: openLZ4},
		{name: "compressed with snappy", magic: "\xff\x06\x00\x00sNaPpY", open: openSnappyFrames},
		{name: "compressed with S2", magic: "\xff\x06\x00\x00S2sTwO", open: openSnappyFrames},
		{name: "a zip archive", magic: "PK\x03\x04", open: openZip},
		{name: "a zip archive", magic: "PK\x05\x06", open: openZip},
		{name: "a tar archive", magic: "ustar", at: 257, sure: surelyTar, open: openTar},
		{name: "compressed with 7-Zip", magic: "7z\xbc\xaf\x27\x1c"},
		{name: "compressed with RAR", magic: "Rar!\x1a\x07"},
		{name: "compressed with compress (.Z)", magic: "\x1f\x9d"},
		{name: "compressed with pack", magic: "\x1f\x1e"},
		{name: "compressed with lzip", magic: "LZIP"},
		{name: "compressed with lzop", magic: "\x89LZO"},
		{name: "compressed with LZMA", magic: "\x5d\x00\x00\x80\x00"},
		{name: "an ORC file", magic: "ORC\x08"},
		{name: "an Avro file", magic: "Obj\x01"},
		{name: "a Hadoop sequence file", magic: "SEQ\x06"},
		{name: "a PDF file", magic: "%PDF-"},
		{name: "a PNG picture", magic: "\x89PNG\r\n"},
		{name: "a SQLite database", magic: "SQLite format 3\x00"},
		{name: "text in UTF-32", magic: "\xff\xfe\x00\x00"},
		{name: "text in UTF-32", magic: "\x00\x00\xfe\xff"},
	}
}

func packingOf(head []byte) (packing, bool) {
	for _, p := range packings() {
		if len(head) >= p.at && strings.HasPrefix(string(head[p.at:]), p.magic) && (p.sure == nil || p.sure(head)) {
			return p, true
		}
	}
	if blocked(head) {
		return packing{name: "compressed with snappy", open: openSnappyBlock}, true
	}
	return packing{}, false
}

// surelyBzip2 says whether a block begins behind the magic word, or the end.
func surelyBzip2(head []byte) bool {
	const begins = len("BZh9")
	return len(head) < begins+6 || string(head[begins:begins+6]) == "1AY&SY" || string(head[begins:begins+6]) == "\x17rE8P\x90"
}

// surelyTar says whether the first header has the sum of its bytes that it tells: a
// line of text may have its magic word at the same place.
func surelyTar(head []byte) bool {
	const length, sumAt, sumLength = 512, 148, 8
	if len(head) < length {
		return false
	}
	told, err := strconv.ParseInt(strings.Trim(string(head[sumAt:sumAt+sumLength]), " \x00"), 8, 32)
	if err != nil {
		return false
	}
	unsigned, signed := int64(0), int64(0) // some writers add up signed bytes
	for i, b := range head[:length] {
		if i >= sumAt && i < sumAt+sumLength {
			b = ' '
		}
		unsigned += int64(b)
		signed += int64(int8(b))
	}
	return told == unsigned || told == signed
}

// gzipMembers reads the members of gzip data one after the other. Bytes behind
// the last one are told and passed over.
type gzipMembers struct {
	c    *Content
	in   *bufio.Reader
	z    *gzip.Reader
	over bool
}

func openGzip(c *Content, in *bufio.Reader, _ int) (io.Reader, error) {
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipMembers{c: c, in: in, z: z}, nil
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	for !g.over {
		n, err := g.z.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
		if err := g.next(); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// next goes to the next member, if there is one.
func (g *gzipMembers) next() error {
	head, _ := g.in.Peek(2) // a reader that failed says so again
	if string(head) == "\x1f\x8b" {
		if err := g.z.Reset(g.in); err != nil {
			return err
		}
		g.z.Multistream(false)
		return nil
	}
	g.over = true
	behind, err := io.Copy(io.Discard, io.LimitReader(g.in, small))
	if err != nil {
		return err
	}
	if behind > 0 {
		g.c.note = fmt.Sprintf("%d bytes follow the end of the compressed data and are not read", behind)
	}
	return nil
}

func openZstd(c *Content, in *bufio.Reader, _ int) (io.Reader, error) {
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	c.closers = append(c.closers, func() error { z.Close(); return nil })
	return z, nil
}

func openLZ4(_ *Content, in *bufio.Reader, _ int) (io.Reader, error) { return lz4.NewReader(in), nil }

func openSnappyFrames(_ *Content, in *bufio.Reader, _ int) (io.Reader, error) {
	return s2.NewReader(in), nil
}
