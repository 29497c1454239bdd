package kms

import (
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// The days that a key waits for its deletion.
const (
	leastWindow = 7
	usualWindow = 30
)

const day = 24 * time.Hour

// EnableKey lets a key be used again.
func (s *Service) EnableKey(ctx context.Context, in *kmsapi.EnableKeyInput) (*kmsapi.EnableKeyOutput, error) {
	return nil, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		k.Disabled = false
		return k.mustNot(tx.Scope(), pendingDeletion, pendingImport)
	})
}

// DisableKey keeps a key from being used.
func (s *Service) DisableKey(ctx context.Context, in *kmsapi.DisableKeyInput) (*kmsapi.DisableKeyOutput, error) {
	return nil, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		k.Disabled = true
		return k.mustNot(tx.Scope(), pendingDeletion, pendingImport)
	})
}

// ScheduleKeyDeletion deletes a key, its aliases and grants after some days.
func (s *Service) ScheduleKeyDeletion(ctx context.Context, in *kmsapi.ScheduleKeyDeletionInput) (*kmsapi.ScheduleKeyDeletionOutput, error) {
	window := resource.Or(in.PendingWindowInDays, usualWindow)
	if window < leastWindow || window > usualWindow {
		return nil, invalid("1 validation error detected: PendingWindowInDays is %d, and must be between %d and %d", window, leastWindow, usualWindow)
	}
	out := &kmsapi.ScheduleKeyDeletionOutput{PendingWindowInDays: &window, KeyState: new(pendingDeletion)}
	return out, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		if err := k.mustNot(tx.Scope(), pendingDeletion); err != nil {
			return err
		}
		k.Deletion, k.Window, k.Disabled = new(now().Add(time.Duration(window)*day)), window, true
		out.KeyId, out.DeletionDate = new(k.arn(tx.Scope())), k.Deletion
		return due(tx, k)
	})
}

// CancelKeyDeletion keeps a key that waits for its deletion; it is disabled.
func (s *Service) CancelKeyDeletion(ctx context.Context, in *kmsapi.CancelKeyDeletionInput) (*kmsapi.CancelKeyDeletionOutput, error) {
	out := &kmsapi.CancelKeyDeletionOutput{}
	return out, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		if k.Deletion == nil {
			return cloud.Errorf(cloud.Conflict, "KMSInvalidStateException", "%s is not pending deletion.", k.arn(tx.Scope()))
		}
		k.Deletion, k.Window = nil, 0
		out.KeyId = new(k.arn(tx.Scope()))
		return nil
	})
}

// gone says whether the key's time is up, though it may still be there.
func (k *key) gone() bool { return k.Deletion != nil && !time.Now().Before(*k.Deletion) }

// mustNot returns KMS's error for a key in one of the states.
func (k *key) mustNot(scope cloud.Scope, states ...string) error {
	state := k.state()
	if !slices.Contains(states, state) {
		return nil
	}
	switch state {
	case disabled:
		return cloud.Errorf(cloud.Conflict, "DisabledException", "%s is disabled.", k.arn(scope))
	case pendingImport:
		return cloud.Errorf(cloud.Conflict, "KMSInvalidStateException", "%s is pending import.", k.arn(scope))
	}
	return cloud.Errorf(cloud.Conflict, "KMSInvalidStateException", "%s is pending deletion.", k.arn(scope))
}

// usable returns KMS's error for a key that cannot be used, or not for that.
func (f *found) usable(usage, operation string) error {
	if err := f.mustNot(f.scope, pendingDeletion, pendingImport, disabled); err != nil {
		return err
	}
	if f.Usage != usage {
		return cloud.Errorf(cloud.Invalid, "InvalidKeyUsageException", "%s key usage is %s which is not valid for %s.", f.arn(), f.Usage, operation)
	}
	return nil
}

// dry returns KMS's answer to a request that only asks whether it would succeed.
func dry(asked *bool) error {
	if !resource.Value(asked) {
		return nil
	}
	return cloud.Errorf(cloud.Conflict, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
}
