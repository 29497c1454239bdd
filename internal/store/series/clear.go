package series

import (
	"context"
	"errors"
)

// Clear removes all metrics of every account. It is for servers that tests share.
func (s *Store) Clear(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	batch := s.db.NewBatch()
	// All but what the store knows of itself: numbers are never given again.
	err := errors.Join(batch.DeleteRange([]byte{spaceTiers}, []byte{spaceMeta}, nil), batch.DeleteRange([]byte{spaceSeries}, []byte{spaceTerms + 1}, nil))
	if err != nil {
		return errors.Join(err, batch.Close())
	}
	s.turn.Lock()
	if err = s.apply(batch); err == nil {
		s.names.forget()
	}
	s.turn.Unlock()
	if err != nil {
		return err
	}
	return s.wait(batch)
}
