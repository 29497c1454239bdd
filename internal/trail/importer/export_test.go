package importer

import (
	"context"

	"github.com/sillok/sillok/internal/store/state"
)

// Sweep does what Run does again and again.
func (i *Importer) Sweep(ctx context.Context) error { return i.sweep(ctx) }

// KnownEvents returns how many events are known.
func (i *Importer) KnownEvents(ctx context.Context) (n int, err error) {
	return n, i.known.View(ctx, func(r state.Reader) error {
		for _, err := range r.All(eventKind) {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
}

// Decoded returns the records of a file as they are read and as they arrive, and what
// the file is.
func Decoded(data []byte) (read, arrived []string, state State) {
	b := &batcher{send: func(message []byte) error {
		all, err := sent(message)
		for _, r := range all {
			arrived = append(arrived, r.Bad+r.ID+string(r.json))
		}
		return err
	}}
	state = Imported
	if bad := readFile(data, func(r *record) bool {
		read = append(read, r.Bad+r.ID+string(r.json))
		return b.add(r)
	}); bad != nil {
		state = bad.state
	}
	if err := b.flush(); err != nil {
		arrived = append(arrived, err.Error())
	}
	return read, arrived, state
}

// Sent reads a message of a worker's.
func Sent(data []byte) { _, _ = sent(data) }
