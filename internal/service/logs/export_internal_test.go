package logs

import (
	"context"
	"time"
)

// Seal writes the events that are in memory to files.
func (s *Service) Seal(ctx context.Context) error { return s.events.Seal(ctx) }

// AgeKeys has KMS asked again before more is encrypted.
func (s *Service) AgeKeys() {
	s.keyring.mu.Lock()
	defer s.keyring.mu.Unlock()
	for number, h := range s.keyring.held {
		h.checked = time.Time{}
		s.keyring.held[number] = h
	}
}
