package state

import (
	"context"
	"fmt"
)

// Clear removes every document of every account. It is for servers that tests
// share.
func (d *DB) Clear(ctx context.Context) error {
	err := d.writer.update(ctx, func(t *tx) error {
		if _, err := t.conn.ExecContext(context.Background(), `DELETE FROM documents`); err != nil {
			return t.broken(classify(err))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	return nil
}
