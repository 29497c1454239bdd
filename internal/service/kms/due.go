package kms

import (
	"context"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// deadline is what the clock is to do to a key.
type deadline struct {
	Scope cloud.Scope
	ID    string
}

// deadlines lie by time, of all accounts in one place. One that counts no more
// is found out when its time is up.
var deadlines = resource.Kind[deadline]{Name: "kms/due"}

const timeName = "20060102T150405.000000000"

// due makes sure that the clock looks at a key when it next has to.
func due(tx resource.Tx, k *key) error {
	next := k.next()
	if next == nil {
		return nil
	}
	scope := tx.Scope()
	return deadlines.Put(resource.In(tx, cloud.Scope{}), deadline{scope, k.ID}, next.UTC().Format(timeName), string(scope.Account), string(scope.Region), k.ID)
}

// next returns when the key's next change by the clock is.
func (k *key) next() *time.Time {
	if k.Deletion != nil {
		return k.Deletion
	}
	var next *time.Time
	for _, v := range k.Materials {
		if v.Ends != nil && len(v.Sealed) > 0 && (next == nil || v.Ends.Before(*next)) {
			next = v.Ends
		}
	}
	if r := k.Rotation; r != nil && r.Enabled && (next == nil || r.Next.Before(*next)) {
		next = &r.Next
	}
	return next
}

// wake lets Run look at the deadlines again.
func (s *Service) wake() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	close(s.woken)
	s.woken = make(chan struct{})
}

// longest is how long Run waits at most: a clock may be set.
const longest = time.Hour

// Run deletes keys and imported material, and rotates keys, when their time has
// come, until ctx is done.
func (s *Service) Run(ctx context.Context) error {
	for {
		s.mutex.Lock()
		woken := s.woken
		s.mutex.Unlock()
		wait, err := s.settle(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to stop
		}
		if err != nil {
			return fmt.Errorf("kms: keys whose time is up: %w", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-woken:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// settle does what is due, and returns how long to wait for what is next.
func (s *Service) settle(ctx context.Context) (time.Duration, error) {
	for {
		wait, one := longest, deadline{}
		at := ""
		err := s.view(ctx, cloud.Scope{}, func(r resource.Reader) error {
			for entry, err := range deadlines.List(r) {
				if err != nil {
					return err
				}
				at, one = resource.Names(entry.Name)[0], entry.Value
				return nil
			}
			return nil
		})
		if err != nil || at == "" {
			return wait, err
		}
		when, err := time.Parse(timeName, at)
		if err != nil {
			return 0, fmt.Errorf("deadline %q: %w", at, err)
		}
		if left := time.Until(when); left > 0 {
			return min(wait, left), nil
		}
		if err := s.expire(ctx, at, one); err != nil {
			return 0, err
		}
	}
}

// expire does what is due to one key, and forgets that it was.
func (s *Service) expire(ctx context.Context, at string, d deadline) error {
	fresh, err := s.rotated(ctx, d)
	if err != nil {
		return err
	}
	return s.update(ctx, d.Scope, func(tx resource.Tx) error {
		if err := deadlines.Discard(resource.In(tx, cloud.Scope{}), at, string(d.Scope.Account), string(d.Scope.Region), d.ID); err != nil {
			return err
		}
		k, ok, err := keys.Find(tx, d.ID)
		if err != nil || !ok {
			return err
		}
		if k.gone() {
			return remove(tx, &k)
		}
		for i := range k.Materials {
			if v := &k.Materials[i]; v.Ends != nil && !time.Now().Before(*v.Ends) {
				v.Sealed, v.Ends = nil, nil
			}
		}
		if r := k.Rotation; r != nil && r.Enabled && !time.Now().Before(r.Next) {
			if fresh != nil && k.state() == enabled {
				k.rotate(*fresh, automatic)
			}
			for !time.Now().Before(r.Next) {
				r.Next = r.Next.Add(time.Duration(r.Days) * day)
			}
		}
		if err := keys.Put(tx, k, k.ID); err != nil {
			return err
		}
		return due(tx, &k)
	})
}

// remove removes a key with all that belongs to it.
func remove(tx resource.Tx, k *key) error {
	var names []string
	for entry, err := range aliased.List(tx, k.ID) {
		if err != nil {
			return err
		}
		names = append(names, entry.Name)
	}
	for _, name := range names {
		if err := aliases.Discard(tx, name); err != nil {
			return err
		}
	}
	if err := aliased.DeleteBelow(tx, k.ID); err != nil {
		return err
	}
	if err := grants.DeleteBelow(tx, k.ID); err != nil {
		return err
	}
	if err := tags.Delete(tx, k.arn(tx.Scope())); err != nil {
		return err
	}
	return keys.Discard(tx, k.ID)
}
