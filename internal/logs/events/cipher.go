package events

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/sillok/sillok/internal/kit/seal"
)

// Ciphers encrypts the events of groups that have a key. It may be asked by several at
// once.
//
// In files each block of such a group is encrypted, with the name of its cipher in front;
// it has no filter, which would tell of texts. In the log the whole batch is. What an
// index says of blocks and streams, times and numbers, is not encrypted.
type Ciphers interface {
	// Recent returns by what a group's batches are encrypted in the log; nil for not at
	// all. It must not take time.
	Recent(group uint64) *seal.Sealer
	// Opener returns what opens all that Recent has ever sealed.
	Opener() *seal.Sealer
	// Sealing returns by what a group's events are encrypted in files from now on; nil
	// for not at all. An error keeps all groups from being sealed.
	Sealing(ctx context.Context, group uint64) (*Cipher, error)
	// Opening returns the cipher of that name. The error is what a reader is told.
	Opening(ctx context.Context, group uint64, name []byte) (*seal.Sealer, error)
}

// Cipher encrypts events in files.
type Cipher struct {
	Name   []byte // is kept beside them, and names it to Opening; shorter than 64 KiB
	Sealer *seal.Sealer
}

// encrypted begins a block that is encrypted. One that is not begins as Zstandard does.
const encrypted = "SILLOKE1"

// place is what a block is bound to: it can be opened nowhere else.
func (m *blockMeta) place(group uint64) []byte {
	b := binary.LittleEndian.AppendUint64([]byte("block of log events\x00"), group)
	return binary.LittleEndian.AppendUint32(appendKey(appendKey(b, m.first), m.last), m.events)
}

// encrypt encrypts a block that was made.
func (b *block) encrypt(group uint64, c *Cipher) error {
	sealed, err := c.Sealer.Seal(b.data, b.meta.place(group))
	if err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	data := binary.LittleEndian.AppendUint16([]byte(encrypted), uint16(len(c.Name))) //nolint:gosec // it is shorter
	b.data = append(append(data, c.Name...), sealed...)
	b.meta.size, b.meta.sum = uint32(len(b.data)), checksum(b.data) //nolint:gosec // a block is below 4 GiB
	b.filter, b.meta.filterSize, b.meta.filterSum = nil, 0, 0
	return nil
}

// opener opens blocks for one reader. Each cipher is asked for once.
type opener struct {
	ctx     context.Context //nolint:containedctx // of the read, which the opener belongs to
	ciphers Ciphers

	mu    sync.Mutex
	known map[cipherName]*seal.Sealer
}

type cipherName struct {
	group uint64
	name  string
}

func (s *Store) opener(ctx context.Context) *opener {
	return &opener{ctx: ctx, ciphers: s.cfg.Ciphers}
}

var errNoCipher = errors.New("logs: events are encrypted, and there is nothing to open them with")

// decrypt returns a block's data, which has its checksum, as it was before encrypt.
func (m *blockMeta) decrypt(data []byte, group uint64, o *opener) ([]byte, error) {
	rest, is := bytes.CutPrefix(data, []byte(encrypted))
	if !is {
		return data, nil
	}
	if len(rest) < 2 || len(rest)-2 < int(binary.LittleEndian.Uint16(rest)) {
		return nil, errBlock
	}
	name, sealed := rest[2:2+binary.LittleEndian.Uint16(rest)], rest[2+binary.LittleEndian.Uint16(rest):]
	if o == nil || o.ciphers == nil {
		return nil, errNoCipher
	}
	s, err := o.sealer(group, name)
	if err != nil {
		return nil, &keyError{err}
	}
	return s.Open(sealed, m.place(group))
}

func (o *opener) sealer(group uint64, name []byte) (*seal.Sealer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := cipherName{group, string(name)}
	s := o.known[at]
	if s != nil {
		return s, nil
	}
	s, err := o.ciphers.Opening(o.ctx, group, name)
	if err != nil {
		return nil, err
	}
	if o.known == nil {
		o.known = map[cipherName]*seal.Sealer{}
	}
	o.known[at] = s
	return s, nil
}

// keyError is why a key is not to be had, which is no damage.
type keyError struct{ error }

func (e *keyError) Unwrap() error { return e.error }

// kindEncrypted is a batch under Recent's cipher: the kind, and then the record of the
// batch, compressed and sealed.
const kindEncrypted = 2

const recentContext = "batch of log events"

// encryptBatch returns the record of a batch as the log has it.
func (s *Store) encryptBatch(group uint64, record []byte) ([]byte, error) {
	if s.cfg.Ciphers == nil {
		return record, nil
	}
	by := s.cfg.Ciphers.Recent(group)
	if by == nil {
		return record, nil
	}
	sealed, err := by.Seal(s.codec.encoder.EncodeAll(record, nil), []byte(recentContext))
	if err != nil {
		return nil, fmt.Errorf("append log events: %w", err)
	}
	return append([]byte{kindEncrypted}, sealed...), nil
}

// decodeBatch returns the events of a record of the log.
func (s *Store) decodeBatch(data []byte, seq uint64) (group uint64, events []Event, err error) {
	if len(data) > 0 && data[0] == kindEncrypted {
		if s.cfg.Ciphers == nil {
			return 0, nil, errNoCipher
		}
		packed, err := s.cfg.Ciphers.Opener().Open(data[1:], []byte(recentContext))
		if err != nil {
			return 0, nil, err
		}
		if data, err = s.codec.decoder.DecodeAll(packed, nil); err != nil {
			return 0, nil, errBatch
		}
	}
	return decodeRecord(data, seq)
}
