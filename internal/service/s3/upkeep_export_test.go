package s3

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// What the tests of upkeep reach from outside.
var (
	Expiration   = expiration
	AbortRule    = abortRule
	RuleApplies  = ruleApplies
	RulePrefixes = rulePrefixes
	CanonicalID  = canonicalID
	CustomerID   = customerID
	TestMessage  = testMessage
)

// The limits that tests go beyond.
const (
	WalkChanges = walkChanges
	AccessRoom  = accessRoom
)

// DB returns the store of s.
func (s *Service) DB() *objects.DB { return s.db }

// StepLifecycle carries out the rules that are due.
func (s *Service) StepLifecycle(ctx context.Context) error { return s.lifecycle.step(ctx) }

// ForgetWalks makes s as it is after a restart.
func (s *Service) ForgetWalks() { s.lifecycle = newLifecycle(s) }

// ReadyWalks returns how many buckets the next step walks.
func (s *Service) ReadyWalks(ctx context.Context, now time.Time) (int, error) {
	walks, err := s.lifecycle.ready(ctx, now)
	return len(walks), err
}

// Notify tells the bus of changes.
func (s *Service) Notify(ctx context.Context, changes []objects.Change) error {
	return s.notifier.handle(ctx, changes)
}

// DeliverLogs delivers the lines of logs of access that wait.
func (s *Service) DeliverLogs(ctx context.Context) { s.access.deliver(ctx, 0) }

// AddLog has a line wait, and returns how many bytes wait and how many lines were
// dropped.
func (s *Service) AddLog(b *objects.Bucket, to *s3api.LoggingEnabled, line string) (waiting, dropped int) {
	s.access.add(placeOf(b, to, time.Time{}), line)
	return s.access.waiting, s.access.dropped
}

// RedirectTo returns where a website leads that sends a reader to another key.
func RedirectTo(key string) string { return redirectPage(302, "", "", key).header.Get("Location") }
