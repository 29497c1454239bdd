package logs

import "context"

// Seal writes the events that are in memory to files.
func (s *Service) Seal(ctx context.Context) error { return s.events.Seal(ctx) }
