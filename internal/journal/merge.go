package journal

import (
	"context"
	"iter"
	"sync"
)

// merged yields what two sequences have, in the order in which it was written. It
// reports false when the loop has ended.
func merged(a, b iter.Seq2[Entry, error], yield func(Entry, error) bool) bool {
	next, stop := iter.Pull2(b)
	defer stop()
	other, err, more := next()
	for entry, failed := range a {
		for more && (err != nil || failed == nil && other.written.Before(entry.written)) {
			if !yield(other, err) {
				return false
			}
			other, err, more = next()
		}
		if !yield(entry, failed) {
			return false
		}
	}
	for ; more; other, err, more = next() {
		if !yield(other, err) {
			return false
		}
	}
	return true
}

// beside yields what several sequences have that are waited for, as it comes, until
// ctx is done or all have ended.
func beside(ctx context.Context, yield func(Entry, error) bool, all ...func(context.Context) iter.Seq2[Entry, error]) {
	ctx, stop := context.WithCancel(ctx)
	type came struct {
		entry Entry
		err   error
	}
	items := make(chan came)
	var reading, ending sync.WaitGroup
	defer ending.Wait()
	defer stop()
	for _, follow := range all {
		reading.Go(func() {
			for entry, err := range follow(ctx) {
				select {
				case items <- came{entry, err}:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	ending.Go(func() {
		reading.Wait()
		close(items)
	})
	for item := range items {
		if !yield(item.entry, item.err) {
			return
		}
	}
}
