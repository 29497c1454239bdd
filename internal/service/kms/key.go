package kms

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// The origins of material.
const (
	originKMS      = "AWS_KMS"
	originExternal = "EXTERNAL"
)

// The states of a key.
const (
	enabled         = "Enabled"
	disabled        = "Disabled"
	pendingDeletion = "PendingDeletion"
	pendingImport   = "PendingImport"
)

// key is a key as it is kept.
type key struct {
	ID          string
	Managed     string `json:",omitempty"` // the service of AWS that it is managed for, such as "s3"; empty for a customer's
	Description string `json:",omitempty"`
	Usage       string
	Spec        string
	Origin      string
	MultiRegion bool `json:",omitempty"`
	Created     time.Time
	Disabled    bool `json:",omitempty"`
	Policy      string
	Bound       map[string]string `json:",omitempty"` // the unique IDs of whom Policy names by ARN
	Deletion    *time.Time        `json:",omitempty"` // when its material goes
	Window      int32             `json:",omitempty"` // days until then
	Materials   []version         // the last one is used for what is new; none before an import
	Rotation    *rotation         `json:",omitempty"`
}

// version is one material of a key.
type version struct {
	ID     string     // 64 hexadecimal digits
	Sealed []byte     `json:",omitempty"` // empty once imported material was deleted
	Public []byte     `json:",omitempty"` // in DER; of pairs
	Since  time.Time  // when it became the one that is used for what is new
	How    string     `json:",omitempty"` // AUTOMATIC or ON_DEMAND where it replaced another one
	Ends   *time.Time `json:",omitempty"` // when imported material is deleted
	About  string     `json:",omitempty"` // what whoever imported it says of it
}

// CreateKey makes a key.
func (s *Service) CreateKey(ctx context.Context, in *kmsapi.CreateKeyInput) (*kmsapi.CreateKeyOutput, error) {
	k, spec, err := newKey(in)
	if err != nil {
		return nil, err
	}
	call := cloud.CallOf(ctx)
	if k.Policy, err = s.initialPolicy(call, k.arn(call.Scope()), in); err != nil {
		return nil, err
	}
	if k.Bound, err = s.bound(ctx, k.Policy); err != nil {
		return nil, err
	}
	if k.Origin == originKMS {
		first, err := s.newVersion(ctx, call.Scope(), &k, spec)
		if err != nil {
			return nil, err
		}
		k.Materials = []version{first}
	}
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		if err := keys.Create(tx, k, k.ID); err != nil {
			return err
		}
		return tags.Add(tx, k.arn(tx.Scope()), resource.FromList(in.Tags, tagOf))
	})
	return &kmsapi.CreateKeyOutput{KeyMetadata: k.metadata(call.Scope())}, err
}

// newKey returns the key that an input describes, without policy and material.
func newKey(in *kmsapi.CreateKeyInput) (key, material.Spec, error) {
	name := resource.Or(in.KeySpec, resource.Or(in.CustomerMasterKeySpec, material.SymmetricDefault))
	if in.KeySpec != nil && in.CustomerMasterKeySpec != nil {
		return key{}, material.Spec{}, invalid("You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.")
	}
	spec, err := material.SpecOf(name)
	if err != nil {
		return key{}, spec, err
	}
	usage := resource.Or(in.KeyUsage, material.EncryptDecrypt)
	if in.KeyUsage == nil && !slices.Contains(spec.Usages, usage) {
		return key{}, spec, invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
	}
	if in.KeyUsage == nil && name != material.SymmetricDefault {
		return key{}, spec, invalid("You must specify a KeyUsage value for an asymmetric KMS key.")
	}
	if !slices.Contains(spec.Usages, usage) {
		return key{}, spec, invalid("KeyUsage %s is not compatible with KeySpec %s", usage, name)
	}
	origin := resource.Or(in.Origin, originKMS)
	if origin != originKMS && origin != originExternal || in.CustomKeyStoreId != nil || in.XksKeyId != nil {
		return key{}, spec, cloud.Errorf(cloud.Unsupported, "UnsupportedOperationException",
			"Keys in custom key stores are not supported: Origin is AWS_KMS or EXTERNAL.")
	}
	k := key{
		ID: uuid.NewString(), Description: resource.Value(in.Description), Usage: usage, Spec: name, Origin: origin,
		MultiRegion: resource.Value(in.MultiRegion), Created: now(), Materials: []version{},
	}
	if k.MultiRegion {
		k.ID = "mrk-" + strings.ReplaceAll(k.ID, "-", "")
	}
	return k, spec, nil
}

// newVersion makes new material for a key.
func (s *Service) newVersion(ctx context.Context, scope cloud.Scope, k *key, spec material.Spec) (version, error) {
	made, err := material.New(ctx, spec)
	if err != nil {
		return version{}, err
	}
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		return version{}, err
	}
	return s.sealVersion(scope, k, made, hex.EncodeToString(id))
}

// sealVersion returns material as it is kept.
func (s *Service) sealVersion(scope cloud.Scope, k *key, of *material.Key, id string) (version, error) {
	v := version{ID: id, Since: now()}
	secret, err := of.Bytes()
	if err != nil {
		return v, err
	}
	if v.Public, err = of.Public(); err != nil {
		return v, err
	}
	v.Sealed, err = s.seal.Seal(secret, k.sealedAs(scope, id))
	return v, err
}

// sealedAs is what the sealed material of a key is bound to.
func (k *key) sealedAs(scope cloud.Scope, version string) []byte {
	return fmt.Appendf(nil, "kms material\x00%s\x00%s\x00%s\x00%s", scope.Account, scope.Region, k.ID, version)
}

// open returns the material of a version.
func (s *Service) open(scope cloud.Scope, k *key, v version) (*material.Key, error) {
	secret, err := s.seal.Open(v.Sealed, k.sealedAs(scope, v.ID))
	if err != nil {
		return nil, fmt.Errorf("material %s of key %s: %w", v.ID, k.arn(scope), err)
	}
	return material.Parse(k.spec(), secret)
}

// spec returns the key's spec, which was checked when it was made.
func (k *key) spec() material.Spec {
	spec, _ := material.SpecOf(k.Spec)
	return spec
}

// current returns the version that is used for what is new; nil while there is none.
func (k *key) current() *version {
	if n := len(k.Materials); n > 0 && len(k.Materials[n-1].Sealed) > 0 {
		return &k.Materials[n-1]
	}
	return nil
}

// state returns the key's state, in the words of KeyState.
func (k *key) state() string {
	switch {
	case k.Deletion != nil:
		return pendingDeletion
	case k.current() == nil:
		return pendingImport
	case k.Disabled:
		return disabled
	}
	return enabled
}

func (k *key) arn(scope cloud.Scope) string { return resource.ARN(scope, "kms", "key/"+k.ID) }

// metadata describes the key.
func (k *key) metadata(scope cloud.Scope) *kmsapi.KeyMetadata {
	m := &kmsapi.KeyMetadata{
		AWSAccountId: new(string(scope.Account)), KeyId: &k.ID, Arn: new(k.arn(scope)), CreationDate: &k.Created,
		Enabled: new(k.state() == enabled), Description: &k.Description, KeyUsage: &k.Usage, KeyState: new(k.state()),
		DeletionDate: k.Deletion, Origin: &k.Origin, KeyManager: new("CUSTOMER"),
		CustomerMasterKeySpec: &k.Spec, KeySpec: &k.Spec, MultiRegion: &k.MultiRegion,
	}
	if k.Managed != "" {
		m.KeyManager = new("AWS")
	}
	spec := k.spec()
	for usage, list := range map[string]*[]string{
		material.EncryptDecrypt: &m.EncryptionAlgorithms, material.SignVerify: &m.SigningAlgorithms,
		material.GenerateVerifyMAC: &m.MacAlgorithms, material.KeyAgreement: &m.KeyAgreementAlgorithms,
	} {
		if usage == k.Usage {
			*list = spec.Algorithms(usage)
		}
	}
	if k.MultiRegion {
		m.MultiRegionConfiguration = &kmsapi.MultiRegionConfiguration{
			MultiRegionKeyType: new("PRIMARY"), PrimaryKey: &kmsapi.MultiRegionKey{Arn: m.Arn, Region: new(string(scope.Region))},
			ReplicaKeys: []kmsapi.MultiRegionKey{},
		}
	}
	v := k.current()
	if v != nil && k.Spec == material.SymmetricDefault {
		m.CurrentKeyMaterialId = &v.ID
	}
	if v != nil && k.Origin == originExternal {
		m.ExpirationModel, m.ValidTo = new("KEY_MATERIAL_DOES_NOT_EXPIRE"), v.Ends
		if v.Ends != nil {
			m.ExpirationModel = new("KEY_MATERIAL_EXPIRES")
		}
	}
	return m
}

// DescribeKey returns what is known of a key.
func (s *Service) DescribeKey(ctx context.Context, in *kmsapi.DescribeKeyInput) (*kmsapi.DescribeKeyOutput, error) {
	if err := s.checkTokens(in.GrantTokens); err != nil {
		return nil, err
	}
	found, err := s.find(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	return &kmsapi.DescribeKeyOutput{KeyMetadata: found.metadata(found.scope)}, nil
}

// ListKeys lists the keys of the account in the region.
func (s *Service) ListKeys(ctx context.Context, in *kmsapi.ListKeysInput) (*kmsapi.ListKeysOutput, error) {
	out := &kmsapi.ListKeysOutput{}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		page := markers.Page(in, in.Marker, in.Limit, most(in.Limit, 100, 1000))
		out.Keys, out.NextMarker, err = resource.Page(ctx, page, keys.From(r), func(k key) (kmsapi.KeyListEntry, bool, error) {
			return kmsapi.KeyListEntry{KeyId: &k.ID, KeyArn: new(k.arn(r.Scope()))}, !k.gone(), nil
		})
		return err
	})
	out.Truncated = new(out.NextMarker != nil)
	return out, err
}

// UpdateKeyDescription replaces a key's description.
func (s *Service) UpdateKeyDescription(ctx context.Context, in *kmsapi.UpdateKeyDescriptionInput) (*kmsapi.UpdateKeyDescriptionOutput, error) {
	return nil, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		k.Description = *in.Description
		return k.mustNot(tx.Scope(), pendingDeletion)
	})
}

// invalid returns KMS's error for an input that breaks a rule of the operation.
func invalid(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "ValidationException", format, args...)
}
