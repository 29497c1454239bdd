package cloudwatch

import (
	"context"
	"time"
)

// SendStreams sends to metric streams what is due by a time.
func (s *Service) SendStreams(ctx context.Context, until time.Time) error {
	return s.sender.send(ctx, until)
}
