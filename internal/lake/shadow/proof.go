package shadow

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"
)

// A Parquet file ends with its footer, a Thrift struct, and behind that with the
// footer's length and a magic word. A proof is one more field of the footer, of a
// number that Parquet leaves to extensions and that readers pass over:
//
//	… footer │ field header │ length │ Info as JSON │ its length │ proofMagic │ hash │ end of struct │ length of footer │ PAR1
//
// All that stands behind the Info is at a fixed distance from the end of the file.
// The hash is XXH3 over every byte of the file but its own eight.
const (
	proofMagic   = "sillok01"
	parquetMagic = "PAR1"
	endLength    = 1 + 4 + len(parquetMagic) // what follows the hash
	hashLength   = 8
	fixedLength  = 4 + len(proofMagic) + hashLength + endLength
	maxInfo      = 8 << 20 // bytes of an Info; more is damage
	proveBuffer  = 1 << 20
)

// fieldHeader begins a field of binary type with the number 32767 in Thrift's
// compact protocol.
var fieldHeader = []byte{0x08, 0xfe, 0xff, 0x03}

// The ways in which a file is no shadow.
var (
	errNotParquet = errors.New("it does not end as a Parquet file does")
	errNoProof    = errors.New("it has no proof of its content")
	errDamaged    = errors.New("its bytes are not those that were written")
)

// prover passes a Parquet file on to out and ends it with a proof.
type prover struct {
	out  io.Writer
	hash *xxh3.Hasher
	tail []byte // the last bytes, which are not passed on yet
}

func newProver(out io.Writer) *prover { return &prover{out: out, hash: xxh3.New()} }

// Write implements io.Writer.
func (p *prover) Write(b []byte) (int, error) {
	// The end is held back, because the proof comes before it.
	if len(b) >= endLength {
		if err := p.pass(p.tail); err != nil {
			return 0, err
		}
		p.tail = append(p.tail[:0], b[len(b)-endLength:]...)
		return len(b), p.pass(b[:len(b)-endLength])
	}
	p.tail = append(p.tail, b...)
	over := max(0, len(p.tail)-endLength)
	err := p.pass(p.tail[:over])
	p.tail = append(p.tail[:0], p.tail[over:]...)
	return len(b), err
}

func (p *prover) pass(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_, _ = p.hash.Write(b) // it cannot fail
	_, err := p.out.Write(b)
	return err
}

// whole says whether what was written ends as a Parquet file does.
func (p *prover) whole() bool {
	return len(p.tail) == endLength && p.tail[0] == 0 && string(p.tail[5:]) == parquetMagic
}

// end writes the proof and the end of the file.
func (p *prover) end(info Info) error {
	if !p.whole() {
		return errNotParquet
	}
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	if len(text) > maxInfo {
		return errNotParquet // the names of its columns take that much
	}
	proof := bytes.Clone(fieldHeader)
	proof = binary.AppendUvarint(proof, uint64(len(text)+4+len(proofMagic)+hashLength))
	proof = append(proof, text...)
	proof = binary.LittleEndian.AppendUint32(proof, uint32(len(text))) //nolint:gosec // small
	proof = append(proof, proofMagic...)
	footer := binary.LittleEndian.Uint32(p.tail[1:5]) + uint32(len(proof)) + hashLength //nolint:gosec // small
	end := binary.LittleEndian.AppendUint32([]byte{0}, footer)
	end = append(end, parquetMagic...)
	_, _ = p.hash.Write(proof)
	_, _ = p.hash.Write(end)
	proof = binary.LittleEndian.AppendUint64(proof, p.hash.Sum64())
	_, err = p.out.Write(append(proof, end...))
	return err
}

// prove reads a file of size bytes to its end and returns what it says of itself.
// An error other than those of reading and ctx says that it is not, or no longer,
// what was written.
func prove(ctx context.Context, f io.ReaderAt, size int64) (Info, error) {
	var info Info
	if size < int64(fixedLength) {
		return info, errNoProof
	}
	fixed := make([]byte, fixedLength)
	if _, err := f.ReadAt(fixed, size-int64(fixedLength)); err != nil {
		return info, err
	}
	if !bytes.Equal(fixed[4:4+len(proofMagic)], []byte(proofMagic)) {
		return info, errNoProof
	}
	at := size - int64(hashLength+endLength)
	sum, err := hashBut(ctx, f, at, size)
	if err != nil {
		return info, err
	}
	if sum != binary.LittleEndian.Uint64(fixed[4+len(proofMagic):]) {
		return info, errDamaged
	}
	length := int64(binary.LittleEndian.Uint32(fixed))
	if length > min(maxInfo, size-int64(fixedLength)) {
		return info, errDamaged
	}
	text := make([]byte, length)
	if _, err := f.ReadAt(text, size-int64(fixedLength)-length); err != nil {
		return info, err
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return info, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return info, nil
}

// hashBut returns the hash of a file's bytes but for those of the hash at that
// offset.
func hashBut(ctx context.Context, f io.ReaderAt, hashAt, size int64) (uint64, error) {
	hash := xxh3.New()
	buffer := make([]byte, min(proveBuffer, size))
	for _, part := range [][2]int64{{0, hashAt}, {hashAt + hashLength, size}} {
		for at := part[0]; at < part[1]; {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			b := buffer[:min(int64(len(buffer)), part[1]-at)]
			if _, err := f.ReadAt(b, at); err != nil {
				if errors.Is(err, io.EOF) {
					return 0, errDamaged // it became shorter meanwhile
				}
				return 0, err
			}
			_, _ = hash.Write(b)
			at += int64(len(b))
		}
	}
	return hash.Sum64(), nil
}

// Read returns what the shadow at path says of itself once all its bytes have
// been read and are those that were written; else an error.
func Read(ctx context.Context, path string) (Entry, error) {
	f, err := os.Open(path) //nolint:gosec // a shadow, named by its hash
	if err != nil {
		return Entry{}, err
	}
	defer func() { _ = f.Close() }() // only read
	return read(ctx, f)
}

func read(ctx context.Context, f *os.File) (Entry, error) {
	stat, err := f.Stat()
	if err != nil {
		return Entry{}, err
	}
	info, err := prove(ctx, f, stat.Size())
	if err != nil {
		return Entry{}, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return Entry{Path: f.Name(), Bytes: stat.Size(), Info: info, stamp: stampOf(stat)}, nil
}
