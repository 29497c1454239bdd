package kms

import (
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// How a material took the place of another one.
const (
	automatic = "AUTOMATIC"
	onDemand  = "ON_DEMAND"
)

// usualPeriod is how many days a rotated key keeps its material.
const usualPeriod = 365

// mostOnDemand is how many rotations on demand a key may have.
const mostOnDemand = 25

// rotation says when a key gets new material by itself.
type rotation struct {
	Enabled bool
	Days    int32
	Next    time.Time
}

// rotatable returns KMS's error for a key that cannot be rotated.
func (k *key) rotatable(scope cloud.Scope) error {
	if k.Spec != material.SymmetricDefault || k.Origin != originKMS {
		return cloud.Errorf(cloud.Invalid, "UnsupportedOperationException",
			"Only symmetric encryption keys whose material KMS made can be rotated, and %s is %s with the origin %s.", k.arn(scope), k.Spec, k.Origin)
	}
	return k.mustNot(scope, pendingDeletion, disabled)
}

// rotate makes fresh the material for what is new. What the others encrypted can
// still be decrypted.
func (k *key) rotate(fresh version, how string) {
	fresh.How, fresh.Since = how, now()
	k.Materials = append(k.Materials, fresh)
}

// EnableKeyRotation gives a key new material every year, or period.
func (s *Service) EnableKeyRotation(ctx context.Context, in *kmsapi.EnableKeyRotationInput) (*kmsapi.EnableKeyRotationOutput, error) {
	return nil, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		if err := k.rotatable(tx.Scope()); err != nil {
			return err
		}
		days := resource.Or(in.RotationPeriodInDays, usualPeriod)
		if r := k.Rotation; r != nil && r.Enabled && (in.RotationPeriodInDays == nil || r.Days == days) {
			return nil
		}
		k.Rotation = &rotation{true, days, now().Add(time.Duration(days) * day)}
		return due(tx, k)
	})
}

// DisableKeyRotation lets a key keep its material.
func (s *Service) DisableKeyRotation(ctx context.Context, in *kmsapi.DisableKeyRotationInput) (*kmsapi.DisableKeyRotationOutput, error) {
	return nil, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		k.Rotation = nil
		return k.rotatable(tx.Scope())
	})
}

// GetKeyRotationStatus tells whether and when a key gets new material. One that
// never does has no error: Terraform asks about every key.
func (s *Service) GetKeyRotationStatus(ctx context.Context, in *kmsapi.GetKeyRotationStatusInput) (*kmsapi.GetKeyRotationStatusOutput, error) {
	f, err := s.findKey(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	out := &kmsapi.GetKeyRotationStatusOutput{KeyId: new(f.arn()), KeyRotationEnabled: new(false)}
	if f.state() == pendingDeletion {
		return out, nil
	}
	if r := f.Rotation; r != nil && r.Enabled {
		out.KeyRotationEnabled, out.RotationPeriodInDays, out.NextRotationDate = new(true), &r.Days, &r.Next
	}
	return out, nil
}

// RotateKeyOnDemand gives a key new material at once.
func (s *Service) RotateKeyOnDemand(ctx context.Context, in *kmsapi.RotateKeyOnDemandInput) (*kmsapi.RotateKeyOnDemandOutput, error) {
	n, err := parseOwn(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	spec, err := material.SpecOf(material.SymmetricDefault)
	if err != nil {
		return nil, err
	}
	fresh, err := s.newVersion(ctx, n.scope, &key{ID: n.id}, spec)
	if err != nil {
		return nil, err
	}
	out := &kmsapi.RotateKeyOnDemandOutput{KeyId: &n.id}
	return out, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		if err := k.rotatable(tx.Scope()); err != nil {
			return err
		}
		rotations := 0
		for _, v := range k.Materials {
			if v.How == onDemand {
				rotations++
			}
		}
		if rotations >= mostOnDemand {
			return cloud.Errorf(cloud.Conflict, "LimitExceededException", "%s was rotated on demand %d times, which is the most.", k.arn(tx.Scope()), rotations)
		}
		k.rotate(fresh, onDemand)
		return nil
	})
}

// ListKeyRotations lists the materials of a key that took the place of others,
// newest last.
func (s *Service) ListKeyRotations(ctx context.Context, in *kmsapi.ListKeyRotationsInput) (*kmsapi.ListKeyRotationsOutput, error) {
	f, err := s.findKey(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if f.Spec != material.SymmetricDefault {
		return nil, f.rotatable(f.scope)
	}
	out := &kmsapi.ListKeyRotationsOutput{}
	all := resource.Value(in.IncludeKeyMaterial) == "ALL_KEY_MATERIAL"
	page := markers.Page(in, in.Marker, in.Limit, most(in.Limit, 100, 1000))
	out.Rotations, out.NextMarker, err = resource.Page(ctx, page, f.versions, func(v version) (kmsapi.RotationsListEntry, bool, error) {
		entry := kmsapi.RotationsListEntry{KeyId: &f.ID, KeyMaterialId: &v.ID}
		if v.How != "" {
			entry.RotationDate, entry.RotationType = &v.Since, &v.How
		}
		if all {
			entry.KeyMaterialState = new("NON_CURRENT")
			if v.ID == f.Materials[len(f.Materials)-1].ID {
				entry.KeyMaterialState = new("CURRENT")
			}
			if f.Origin == originExternal {
				f.imported(&entry, v)
			}
		}
		return entry, all || v.How != "", nil
	})
	out.Truncated = new(out.NextMarker != nil)
	return out, err
}

// imported tells what there is to say of imported material alone.
func (f *found) imported(entry *kmsapi.RotationsListEntry, v version) {
	entry.ImportState, entry.ExpirationModel, entry.ValidTo = new("IMPORTED"), new("KEY_MATERIAL_DOES_NOT_EXPIRE"), v.Ends
	if len(v.Sealed) == 0 {
		entry.ImportState = new("PENDING_IMPORT")
	}
	if v.Ends != nil {
		entry.ExpirationModel = new("KEY_MATERIAL_EXPIRES")
	}
	if v.About != "" {
		entry.KeyMaterialDescription = &v.About
	}
}

// rotated returns new material for a key whose rotation is due, nil for others.
func (s *Service) rotated(ctx context.Context, d deadline) (*version, error) {
	var k key
	err := s.view(ctx, d.Scope, func(r resource.Reader) (err error) {
		k, _, err = keys.Find(r, d.ID)
		return err
	})
	if err != nil || k.Rotation == nil || time.Now().Before(k.Rotation.Next) {
		return nil, err
	}
	fresh, err := s.newVersion(ctx, d.Scope, &k, k.spec())
	return &fresh, err
}

// versionOf returns the material whose ID begins as a ciphertext says.
func (k *key) versionOf(begins string) (version, bool) {
	at := slices.IndexFunc(k.Materials, func(v version) bool { return v.ID[:len(begins)] == begins && len(v.Sealed) > 0 })
	if at < 0 {
		return version{}, false
	}
	return k.Materials[at], true
}
