package s3

import (
	"context"

	"github.com/sillok/sillok/internal/kit/life"
)

// Run does what nobody asks for: it carries out lifecycle rules, tells of what
// becomes of objects, and delivers logs of access. It ends when ctx does, with
// the last lines of these logs delivered.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Go(ctx, "s3 lifecycle", s.lifecycle.run)
	if s.notifier.bus != nil {
		g.Go(ctx, "s3 notifications", s.notifier.run)
	}
	g.Go(ctx, "s3 access logs", s.access.run)
	return g.Wait()
}
