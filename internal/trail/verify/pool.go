package verify

import (
	"context"
	"sync"
)

// pool is the goroutines that read files. They live as long as the run: reading goes
// deep, and a goroutine for each file would spend much of its time on growing its stack.
type pool struct {
	jobs chan func(*reader)
	work sync.WaitGroup
}

// queued is how many files may wait for a reader, so that listings run ahead of reading.
const queued = 2000

func newPool(readers int) *pool {
	p := &pool{jobs: make(chan func(*reader), queued)}
	for range readers {
		p.work.Go(func() {
			r := newReader()
			for job := range p.jobs {
				job(r)
			}
		})
	}
	return p
}

// close ends the goroutines. Nothing may be read any more.
func (p *pool) close() {
	close(p.jobs)
	p.work.Wait()
}

// batch is files that are read side by side and waited for together.
type batch struct {
	run     *run
	ctx     context.Context //nolint:containedctx // of one batch, which is waited for
	reading sync.WaitGroup
}

func (r *run) batch(ctx context.Context) *batch { return &batch{run: r, ctx: ctx} }

// read has a goroutine of the pool call f, once one is free. It returns before that, as
// long as not too many wait.
func (b *batch) read(f func(*reader)) error {
	b.reading.Add(1)
	job := func(r *reader) {
		defer b.reading.Done()
		if b.ctx.Err() != nil {
			return
		}
		f(r)
		b.run.done.Add(1)
		b.run.tell()
	}
	select {
	case b.run.pool.jobs <- job:
		return nil
	case <-b.ctx.Done():
		b.reading.Done()
		return context.Cause(b.ctx)
	}
}

// wait waits until all files are read.
func (b *batch) wait() error {
	b.reading.Wait()
	if b.ctx.Err() != nil {
		return context.Cause(b.ctx)
	}
	return nil
}
