package cloudtrail

import "context"

// RunImports runs what was started, until ctx is done.
func (s *Service) RunImports(ctx context.Context) error { return s.runImports(ctx) }
