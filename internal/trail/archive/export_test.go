package archive

import (
	"context"

	"github.com/sillok/sillok/internal/store/records"
)

// KeepNow closes the segment that is written to and does what Run does each minute.
func (a *Archive) KeepNow(ctx context.Context) error {
	if err := a.log.Rotate(ctx); err != nil {
		return err
	}
	return a.keep(ctx)
}

// Encode returns an entry as the data of a record.
func Encode(e Entry) ([]byte, error) { return e.encode() }

// Decode reads the data of a record.
func Decode(data []byte) (Entry, error) { return decode(records.Record{Data: data}) }
