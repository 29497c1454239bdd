package lake

import (
	"context"

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

// shadowsIn names the shadows of a scan's objects.
func shadowsIn(s *Scan) []string {
	var names []string
	for _, p := range s.Parts {
		for _, o := range p.Objects {
			names = append(names, shadowsOf(o.Bucket, o.Key))
		}
	}
	return names
}

// shadowsOf is what names the shadows of an object.
func shadowsOf(bucket, key string) string { return shadow.ObjectOf(bucket, key) }
