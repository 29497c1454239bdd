package state

import (
	"context"
	"fmt"
)

// Clear removes every document of every account. It is for servers that tests
// share.
func (d *DB) Clear(ctx context.Context) error {
	if _, err := d.writer.ExecContext(ctx, `DELETE FROM documents`); err != nil {
		return fmt.Errorf("clear: %w", classify(err))
	}
	return nil
}
