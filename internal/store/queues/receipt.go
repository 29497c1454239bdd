package queues

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// A receipt says which message it is of, and how often that had been received by then.
// It proves that the store gave it.
const (
	receiptHead = "\x01\x01\x01" // "AQEB", as they begin everywhere
	receiptSize = len(receiptHead) + 8 + 8 + 4
	receiptMAC  = 16
)

func (s *Store) receipt(number uint64, m *message) string {
	b := append(make([]byte, 0, receiptSize+receiptMAC), receiptHead...)
	b = binary.BigEndian.AppendUint64(b, number)
	b = binary.BigEndian.AppendUint64(b, m.sequence)
	b = binary.BigEndian.AppendUint32(b, m.count)
	return base64.StdEncoding.EncodeToString(append(b, s.mac(b)...))
}

func (s *Store) mac(b []byte) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write(b)
	return h.Sum(nil)[:receiptMAC]
}

func (s *Store) read(number uint64, receipt string) (sequence uint64, count uint32, ok bool) {
	if len(receipt) > 2*(receiptSize+receiptMAC) {
		return 0, 0, false
	}
	b, err := base64.StdEncoding.DecodeString(receipt)
	if err != nil || base64.StdEncoding.EncodeToString(b) != receipt || len(b) != receiptSize+receiptMAC || string(b[:len(receiptHead)]) != receiptHead ||
		!hmac.Equal(b[receiptSize:], s.mac(b[:receiptSize])) {
		return 0, 0, false
	}
	rest := b[len(receiptHead):]
	return binary.BigEndian.Uint64(rest[8:]), binary.BigEndian.Uint32(rest[16:]), binary.BigEndian.Uint64(rest) == number
}

// Delete deletes the messages of receipts, and returns once that is on disk, with an error
// for each: nil also where the message is not there any more. Of a queue that is in order
// a receipt is good for as long as nobody else may receive the message: ErrExpired.
func (s *Store) Delete(ctx context.Context, number uint64, receipts []string) (each []error, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	each = make([]error, len(receipts))
	return each, s.change(func(batch *pebble.Batch) error {
		q := s.queues[number]
		if q == nil {
			return ErrNoQueue
		}
		q.advance(s.now())
		for i, receipt := range receipts {
			sequence, count, ok := s.read(number, receipt)
			if !ok {
				each[i] = ErrReceipt
				continue
			}
			m := q.messages[sequence]
			if m == nil {
				continue
			}
			if q.Ordered && (m.count != count || m.state != inFlight) {
				each[i] = ErrExpired
				continue
			}
			if err := q.unset(batch, m); err != nil {
				return err
			}
			q.remove(m)
		}
		return nil
	})
}

// Visibility is until when nobody else may receive a message: for so long from now on.
type Visibility struct {
	Receipt string
	Timeout time.Duration
}

// longest is for how long a message may be with one receiver.
const longest = 12 * time.Hour

// SetVisibility says until when messages are with their receivers, and returns once that is
// on disk, with an error for each: ErrReceipt, ErrExpired, ErrGone, ErrNotInFlight, ErrTooLong.
func (s *Store) SetVisibility(ctx context.Context, number uint64, changes []Visibility) (each []error, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	each = make([]error, len(changes))
	return each, s.change(func(batch *pebble.Batch) error {
		q := s.queues[number]
		if q == nil {
			return ErrNoQueue
		}
		now := s.now()
		q.advance(now)
		for i := range changes {
			m, err := s.held(q, changes[i].Receipt)
			if until := now + changes[i].Timeout.Milliseconds(); err == nil && until > m.last+longest.Milliseconds() {
				err = ErrTooLong
			}
			if err != nil {
				each[i] = err
				continue
			}
			q.leave(m)
			m.visible = now + changes[i].Timeout.Milliseconds()
			q.enter(m, inFlight)
			if err := q.set(batch, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// held returns the message of a receipt that is with a receiver.
func (s *Store) held(q *queue, receipt string) (*message, error) {
	sequence, count, ok := s.read(q.Number, receipt)
	if !ok {
		return nil, ErrReceipt
	}
	m := q.messages[sequence]
	switch {
	case m == nil:
		return nil, ErrGone
	case q.Ordered && m.count != count:
		return nil, ErrExpired
	case m.state != inFlight:
		return nil, ErrNotInFlight
	}
	return m, nil
}
