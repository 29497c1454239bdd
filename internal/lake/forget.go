package lake

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/lake/shadow"
)

// Forget removes what is kept of the columns of an object, but for those of the
// content whose ETag is keep; empty keeps none. What a query reads goes when it
// has ended.
func (l *Lake) Forget(bucket, key, keep string) error {
	return l.shadows.Forget(shadowsOf(bucket, key), keep)
}

// Sweep makes Forget quick for objects of which nothing is kept. It is called
// once, before Forget, by the one process that the folder belongs to.
func (l *Lake) Sweep(ctx context.Context) error { return l.shadows.Sweep(ctx) }

// hold keeps the shadows of a scan's objects until the function that it returns
// is called.
func (l *Lake) hold(s *Scan) (release func() error) {
	var held []string
	for _, p := range s.Parts {
		for _, o := range p.Objects {
			held = append(held, shadowsOf(o.Bucket, o.Key))
		}
	}
	for _, object := range held {
		l.shadows.Hold(object)
	}
	return func() error {
		var errs []error
		for _, object := range held {
			errs = append(errs, l.shadows.Release(object))
		}
		return errors.Join(errs...)
	}
}

// shadowsOf is what names the shadows of an object.
func shadowsOf(bucket, key string) string { return shadow.ObjectOf(bucket, key) }
