package state

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A transaction is committed, even though others wait to join it, when it holds
// groupSize updates or is groupTime old. So an update is answered after at most
// groupTime, one more function and one commit, counted from its own turn.
const (
	groupSize = 512
	groupTime = 5 * time.Millisecond
)

// errClosed is what a closed store answers.
var errClosed = errors.New("the store is closed")

// writer runs the updates. They take turns on one connection, each on its
// caller's goroutine and in a savepoint of its own. A turn that ends while others
// wait leaves the transaction open to the next of them; one that ends while
// nobody waits commits for all. Callers that come during a commit wait for it and
// share the next one, so groups grow as the disk gets slow or the callers many,
// and a lone caller waits for nobody.
type writer struct {
	turn turn // the caller whose turn it is has the rest to itself

	conn   *conn
	open   *group          // the transaction under way, nil when there is none
	called <-chan struct{} // that of the latest tx that has one
	closed bool
}

// group is one transaction and the updates in it.
type group struct {
	began time.Time
	size  int           // how many updates it holds
	done  chan struct{} // closed when the transaction is on disk or undone
	err   error         // why it was undone; others may read it when done is closed
}

// update implements Store.Update.
func (w *writer) update(ctx context.Context, fn func(*tx) error) error {
	if err := w.turn.take(ctx); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t := &tx{reader: reader{conn: w.conn, ended: ctx.Err}}
	g, err := w.join(t, fn)
	if g == nil {
		return err
	}
	// Not until ctx ends: the caller is told what happened to its change.
	<-g.done
	if g.err != nil {
		t.after, err = nil, g.err
	}
	t.callAfter()
	return err
}

// join runs fn in the open transaction and ends the turn. It returns the group
// whose end decides what becomes of the update, nil when it is decided.
func (w *writer) join(t *tx, fn func(*tx) error) (*group, error) {
	defer w.endTurn()
	if err := w.begin(t); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	g := w.open
	if err := w.attempt(t, fn); err != nil {
		if g.size == 0 {
			return nil, err
		}
		// The error may rest on what others of the group wrote, and must not be
		// told before that is on disk.
		return g, err
	}
	g.size++
	if len(t.after) > 0 {
		t.before, t.called = w.called, make(chan struct{})
		w.called = t.called
	}
	return g, nil
}

// begin begins the update, and the transaction when there is none.
func (w *writer) begin(t *tx) error {
	if err := t.check(); err != nil {
		return err
	}
	if w.closed {
		return errClosed
	}
	if w.open == nil {
		if _, err := run(w.conn.begin); err != nil {
			return err
		}
		w.open = &group{began: time.Now(), done: make(chan struct{})}
	}
	_, err := run(w.conn.savepoint)
	return err
}

// attempt runs fn, and undoes what it did when it fails or panics.
func (w *writer) attempt(t *tx, fn func(*tx) error) error {
	kept := false
	defer func() {
		if !kept {
			w.undo(t)
		}
		t.err = errOver
	}()
	if err := fn(t); err != nil {
		return err
	}
	if err := t.check(); err != nil {
		return err
	}
	if _, err := run(w.conn.release); err != nil {
		return t.broken(fmt.Errorf("commit: %w", err))
	}
	kept = true
	return nil
}

// undo removes what t did. SQLite may have removed the whole transaction when it
// failed in t; the savepoint is gone then too, and the whole group fails.
func (w *writer) undo(t *tx) {
	_, err := run(w.conn.rollbackTo)
	if err == nil {
		_, err = run(w.conn.release)
	}
	if err == nil {
		return
	}
	if t.err != nil {
		err = t.err
	}
	w.open.err = fmt.Errorf("commit with other updates: %w", err)
}

// endTurn leaves the open transaction to the next caller, or ends it.
func (w *writer) endTurn() {
	if g := w.open; g != nil {
		if g.err == nil && g.size < groupSize && time.Since(g.began) < groupTime && w.turn.pass() {
			return
		}
		w.end(g)
	}
	w.turn.release()
}

// end commits the open transaction, or undoes it.
func (w *writer) end(g *group) {
	w.open = nil
	defer close(g.done)
	if g.err == nil && g.size > 0 {
		_, err := run(w.conn.commit)
		if err == nil {
			return
		}
		g.err = fmt.Errorf("commit: %w", err)
	}
	_, _ = run(w.conn.rollback) // it fails when SQLite has done so by itself
}

// close waits for the updates under way and closes the connection.
func (w *writer) close() error {
	_ = w.turn.take(context.Background()) // it fails only when its context ends
	defer w.turn.release()
	if w.open != nil {
		w.end(w.open)
	}
	w.closed = true
	if w.conn == nil {
		return nil
	}
	return w.conn.close()
}
