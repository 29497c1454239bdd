package journal

import "context"

// KeepNow closes the segment that is written to and does what Run does each
// minute.
func (j *Journal) KeepNow(ctx context.Context) error {
	if err := j.log.Rotate(ctx); err != nil {
		return err
	}
	return j.keep(ctx)
}

// ForgetNow does what Run does each second.
func (j *Journal) ForgetNow(ctx context.Context) error { return j.forget(ctx) }
