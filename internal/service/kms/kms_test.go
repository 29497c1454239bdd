package kms_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/kms"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// vault is a KMS that a test calls as one account.
type vault struct {
	*kms.Service
	t   *testing.T
	ctx context.Context //nolint:containedctx // a client's call, for as long as the test
}

func open(t *testing.T) vault {
	t.Helper()
	return vault{kms.New(servicetest.Store(t), sealer(t, "11"), nil), t, servicetest.Call(t)}
}

func sealer(t *testing.T, digits string) *seal.Sealer {
	t.Helper()
	return servicetest.Must(seal.Open(t.Context(), seal.Config{Text: strings.Repeat(digits, 32)}))(t)
}

// key makes a key and returns its ID.
func (v vault) key(change ...func(*kmsapi.CreateKeyInput)) *string {
	v.t.Helper()
	in := &kmsapi.CreateKeyInput{}
	for _, c := range change {
		c(in)
	}
	return servicetest.Must(v.CreateKey(v.ctx, in))(v.t).KeyMetadata.KeyId
}

// of makes a key of a spec and a usage.
func of(spec, usage string) func(*kmsapi.CreateKeyInput) {
	return func(in *kmsapi.CreateKeyInput) { in.KeySpec, in.KeyUsage = &spec, &usage }
}

func (v vault) encrypt(key *string, text string, context map[string]string) []byte {
	v.t.Helper()
	return servicetest.Must(v.Encrypt(v.ctx, &kmsapi.EncryptInput{KeyId: key, Plaintext: []byte(text), EncryptionContext: context}))(v.t).CiphertextBlob
}

func (v vault) decrypted(blob []byte) string {
	v.t.Helper()
	return string(servicetest.Must(v.Decrypt(v.ctx, &kmsapi.DecryptInput{CiphertextBlob: blob}))(v.t).Plaintext)
}

func (v vault) state(key *string) string {
	v.t.Helper()
	return *servicetest.Must(v.DescribeKey(v.ctx, &kmsapi.DescribeKeyInput{KeyId: key}))(v.t).KeyMetadata.KeyState
}

func arn(id *string) string { return "arn:aws:kms:ap-northeast-2:111122223333:key/" + *id }

func TestWhatAKeyIs(t *testing.T) {
	v := open(t)
	rsa := []string{
		"RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512", "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512",
	}
	for _, tt := range []struct {
		in   kmsapi.CreateKeyInput
		want kmsapi.KeyMetadata
	}{
		{kmsapi.CreateKeyInput{Description: new("mine")}, kmsapi.KeyMetadata{
			Description: new("mine"), KeySpec: new("SYMMETRIC_DEFAULT"), KeyUsage: new("ENCRYPT_DECRYPT"), EncryptionAlgorithms: []string{"SYMMETRIC_DEFAULT"},
		}},
		{kmsapi.CreateKeyInput{CustomerMasterKeySpec: new("RSA_2048"), KeyUsage: new("ENCRYPT_DECRYPT")}, kmsapi.KeyMetadata{
			Description: new(""), KeySpec: new("RSA_2048"), KeyUsage: new("ENCRYPT_DECRYPT"), EncryptionAlgorithms: []string{"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"},
		}},
		{kmsapi.CreateKeyInput{KeySpec: new("RSA_2048"), KeyUsage: new("SIGN_VERIFY")}, kmsapi.KeyMetadata{
			Description: new(""), KeySpec: new("RSA_2048"), KeyUsage: new("SIGN_VERIFY"), SigningAlgorithms: rsa,
		}},
		{kmsapi.CreateKeyInput{KeySpec: new("ECC_NIST_P384"), KeyUsage: new("KEY_AGREEMENT")}, kmsapi.KeyMetadata{
			Description: new(""), KeySpec: new("ECC_NIST_P384"), KeyUsage: new("KEY_AGREEMENT"), KeyAgreementAlgorithms: []string{"ECDH"},
		}},
		{kmsapi.CreateKeyInput{KeySpec: new("HMAC_224"), KeyUsage: new("GENERATE_VERIFY_MAC")}, kmsapi.KeyMetadata{
			Description: new(""), KeySpec: new("HMAC_224"), KeyUsage: new("GENERATE_VERIFY_MAC"), MacAlgorithms: []string{"HMAC_SHA_224"},
		}},
	} {
		made := servicetest.Must(v.CreateKey(v.ctx, &tt.in))(t).KeyMetadata
		tt.want.AWSAccountId, tt.want.Arn, tt.want.KeyId = new("111122223333"), new(arn(made.KeyId)), made.KeyId
		tt.want.Enabled, tt.want.KeyState, tt.want.KeyManager, tt.want.Origin = new(true), new("Enabled"), new("CUSTOMER"), new("AWS_KMS")
		tt.want.CustomerMasterKeySpec, tt.want.MultiRegion = tt.want.KeySpec, new(false)
		ignored := cmpopts.IgnoreFields(kmsapi.KeyMetadata{}, "CreationDate", "CurrentKeyMaterialId")
		if diff := cmp.Diff(&tt.want, made, ignored); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		servicetest.Diff(t, made, servicetest.Must(v.DescribeKey(v.ctx, &kmsapi.DescribeKeyInput{KeyId: made.Arn}))(t).KeyMetadata)
	}
	multi := servicetest.Must(v.CreateKey(v.ctx, &kmsapi.CreateKeyInput{MultiRegion: new(true)}))(t).KeyMetadata
	if !strings.HasPrefix(*multi.KeyId, "mrk-") || *multi.MultiRegionConfiguration.MultiRegionKeyType != "PRIMARY" {
		t.Errorf("a key for several regions is %v", multi)
	}
	servicetest.Diff(t, "text", v.decrypted(v.encrypt(multi.KeyId, "text", nil)))
}

func TestWhatIsNoKey(t *testing.T) {
	v := open(t)
	for name, tt := range map[string]struct {
		in            kmsapi.CreateKeyInput
		code, message string
	}{
		"two specs":             {kmsapi.CreateKeyInput{KeySpec: new("HMAC_224"), CustomerMasterKeySpec: new("HMAC_224")}, "ValidationException", "CustomerMasterKeySpec is deprecated"},
		"no usage":              {kmsapi.CreateKeyInput{KeySpec: new("RSA_2048")}, "ValidationException", "You must specify a KeyUsage value"},
		"no usage of an HMAC":   {kmsapi.CreateKeyInput{KeySpec: new("HMAC_256")}, "ValidationException", "You must specify a KeyUsage value"},
		"a wrong usage":         {kmsapi.CreateKeyInput{KeySpec: new("ECC_NIST_P256"), KeyUsage: new("ENCRYPT_DECRYPT")}, "ValidationException", "ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256"},
		"China's":               {kmsapi.CreateKeyInput{KeySpec: new("SM2"), KeyUsage: new("SIGN_VERIFY")}, "UnsupportedOperationException", "SM2"},
		"ML-DSA":                {kmsapi.CreateKeyInput{KeySpec: new("ML_DSA_44"), KeyUsage: new("SIGN_VERIFY")}, "UnsupportedOperationException", "ML_DSA_44"},
		"hardware of one's own": {kmsapi.CreateKeyInput{Origin: new("AWS_CLOUDHSM")}, "UnsupportedOperationException", "custom key stores"},
		"no policy":             {kmsapi.CreateKeyInput{Policy: new("my policy")}, "MalformedPolicyDocumentException", ""},
		"a lockout": {
			kmsapi.CreateKeyInput{Policy: new(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"kms:*","Resource":"*"}}`)},
			"MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.",
		},
		"a tag of AWS": {kmsapi.CreateKeyInput{Tags: []kmsapi.Tag{{TagKey: new("aws:a"), TagValue: new("")}}}, "TagException", "reserved"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.CreateKey(v.ctx, &tt.in)
			servicetest.WantCode(t, err, tt.code, tt.message)
		})
	}
	servicetest.Diff(t, 0, len(servicetest.Must(v.ListKeys(v.ctx, &kmsapi.ListKeysInput{}))(t).Keys))
}

func TestNamesOfKeys(t *testing.T) {
	v := open(t)
	id := v.key()
	for _, name := range []string{"alias/logs", "alias/a/b"} {
		servicetest.Must(v.CreateAlias(v.ctx, &kmsapi.CreateAliasInput{AliasName: &name, TargetKeyId: id}))(t)
	}
	unknown := "00000000-0000-4000-8000-000000000000"
	for name, want := range map[string]string{
		*id: "", arn(id): "", "alias/logs": "", "alias/a/b": "", "arn:aws:kms:ap-northeast-2:111122223333:alias/logs": "",
		"logs":           "NotFoundException: Invalid keyId logs",
		unknown:          "NotFoundException: Key 'arn:aws:kms:ap-northeast-2:111122223333:key/" + unknown + "' does not exist",
		"alias/none":     "NotFoundException: Alias arn:aws:kms:ap-northeast-2:111122223333:alias/none is not found.",
		"alias/aws/none": "NotFoundException: Alias arn:aws:kms:ap-northeast-2:111122223333:alias/aws/none is not found.",
		strings.Replace(arn(id), "ap-northeast-2", "us-east-1", 1):  "NotFoundException: Invalid arn us-east-1",
		strings.Replace(arn(id), "111122223333", "444455556666", 1): "NotFoundException: Key '" + strings.Replace(arn(id), "111122223333", "444455556666", 1) + "' does not exist",
		"arn:aws:s3:::bucket":                             "InvalidArnException: Invalid arn arn:aws:s3:::bucket: the ARN of a key or an alias of KMS is needed",
		"arn:aws:kms:ap-northeast-2:111122223333:grant/a": "InvalidArnException: Invalid arn arn:aws:kms:ap-northeast-2:111122223333:grant/a: the ARN of a key or an alias of KMS is needed",
		"arn:x":      "InvalidArnException: Invalid arn arn:x: the ARN of a key or an alias of KMS is needed",
		*id + "\x00": "NotFoundException: Invalid keyId " + *id + "\x00",
	} {
		_, err := v.DescribeKey(v.ctx, &kmsapi.DescribeKeyInput{KeyId: &name})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	_, err := v.DisableKey(v.ctx, &kmsapi.DisableKeyInput{KeyId: new("alias/logs")})
	servicetest.WantCode(t, err, "NotFoundException", "Invalid keyId alias/logs")
}

func TestEachAccountAndRegionHasItsKeys(t *testing.T) {
	v := open(t)
	id := v.key()
	blob := v.encrypt(id, "text", nil)
	for _, other := range []context.Context{servicetest.As(t, "444455556666", servicetest.Region), servicetest.As(t, servicetest.Account, "us-east-1")} {
		_, err := v.DescribeKey(other, &kmsapi.DescribeKeyInput{KeyId: id})
		servicetest.WantCode(t, err, "NotFoundException")
		servicetest.Diff(t, 0, len(servicetest.Must(v.ListKeys(other, &kmsapi.ListKeysInput{}))(t).Keys))
	}
	_, err := v.Decrypt(servicetest.As(t, servicetest.Account, "us-east-1"), &kmsapi.DecryptInput{CiphertextBlob: blob})
	servicetest.WantCode(t, err, "InvalidCiphertextException")

	// Another account uses the key by its ARN, and may not administer it. Whether
	// it may use it is decided before.
	stranger := servicetest.As(t, "444455556666", servicetest.Region)
	servicetest.Diff(t, "text", string(servicetest.Must(v.Decrypt(stranger, &kmsapi.DecryptInput{CiphertextBlob: blob}))(t).Plaintext))
	servicetest.Diff(t, arn(id), *servicetest.Must(v.Encrypt(stranger, &kmsapi.EncryptInput{KeyId: new(arn(id)), Plaintext: []byte("a")}))(t).KeyId)
	_, err = v.DisableKey(stranger, &kmsapi.DisableKeyInput{KeyId: new(arn(id))})
	servicetest.WantCode(t, err, "AccessDeniedException", "not for keys of other accounts")
}

func TestStates(t *testing.T) {
	v := open(t)
	id := v.key()
	blob := v.encrypt(id, "text", nil)
	refused := func(code, message string) {
		t.Helper()
		_, err := v.Decrypt(v.ctx, &kmsapi.DecryptInput{CiphertextBlob: blob})
		servicetest.WantCode(t, err, code, arn(id)+" is "+message)
		_, err = v.GenerateDataKey(v.ctx, &kmsapi.GenerateDataKeyInput{KeyId: id, KeySpec: new("AES_256")})
		servicetest.WantCode(t, err, code, arn(id)+" is "+message)
		_, err = v.CreateGrant(v.ctx, &kmsapi.CreateGrantInput{KeyId: id, GranteePrincipal: new("111122223333"), Operations: []string{"Decrypt"}})
		servicetest.WantCode(t, err, code, arn(id)+" is "+message)
	}
	servicetest.Must(v.DisableKey(v.ctx, &kmsapi.DisableKeyInput{KeyId: id}))(t)
	servicetest.Diff(t, "Disabled", v.state(id))
	refused("DisabledException", "disabled.")
	_, err := v.EnableKeyRotation(v.ctx, &kmsapi.EnableKeyRotationInput{KeyId: id})
	servicetest.WantCode(t, err, "DisabledException")
	servicetest.Must(v.EnableKey(v.ctx, &kmsapi.EnableKeyInput{KeyId: id}))(t)
	servicetest.Diff(t, "text", v.decrypted(blob))

	for _, days := range []int32{1, 6, 31} {
		_, err := v.ScheduleKeyDeletion(v.ctx, &kmsapi.ScheduleKeyDeletionInput{KeyId: id, PendingWindowInDays: &days})
		servicetest.WantCode(t, err, "ValidationException", "between 7 and 30")
	}
	_, err = v.CancelKeyDeletion(v.ctx, &kmsapi.CancelKeyDeletionInput{KeyId: id})
	servicetest.WantCode(t, err, "KMSInvalidStateException", "is not pending deletion")
	servicetest.Must(v.ScheduleKeyDeletion(v.ctx, &kmsapi.ScheduleKeyDeletionInput{KeyId: id}))(t)
	refused("KMSInvalidStateException", "pending deletion.")
	for _, do := range []func() error{
		func() error { _, err := v.EnableKey(v.ctx, &kmsapi.EnableKeyInput{KeyId: id}); return err },
		func() error {
			_, err := v.ScheduleKeyDeletion(v.ctx, &kmsapi.ScheduleKeyDeletionInput{KeyId: id})
			return err
		},
		func() error {
			_, err := v.PutKeyPolicy(v.ctx, &kmsapi.PutKeyPolicyInput{KeyId: id, Policy: new("{}")})
			return err
		},
		func() error {
			_, err := v.CreateAlias(v.ctx, &kmsapi.CreateAliasInput{TargetKeyId: id, AliasName: new("alias/a")})
			return err
		},
	} {
		servicetest.WantCode(t, do(), "KMSInvalidStateException", "is pending deletion")
	}
	servicetest.Must(v.CancelKeyDeletion(v.ctx, &kmsapi.CancelKeyDeletionInput{KeyId: id}))(t)
	servicetest.Diff(t, "Disabled", v.state(id))
	servicetest.Must(v.EnableKey(v.ctx, &kmsapi.EnableKeyInput{KeyId: id}))(t)
	servicetest.Diff(t, "text", v.decrypted(blob))
}

// clocked runs a test in a bubble of time, with the service's own work running.
func clocked(t *testing.T, test func(v vault, store state.Store)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := servicetest.Store(t)
		v := vault{kms.New(store, sealer(t, "11"), nil), t, servicetest.Call(t)}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- v.Run(ctx) }()
		test(v, store)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// pass lets time pass, and the service's own work with it be done.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestAKeyIsGoneWhenItsTimeIsUp(t *testing.T) {
	clocked(t, func(v vault, store state.Store) {
		t := v.t
		id, kept := v.key(), v.key()
		servicetest.Must(v.CreateAlias(v.ctx, &kmsapi.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: id}))(t)
		servicetest.Must(v.CreateGrant(v.ctx, &kmsapi.CreateGrantInput{KeyId: id, GranteePrincipal: new("111122223333"), RetiringPrincipal: new("111122223333"), Operations: []string{"Decrypt"}}))(t)
		servicetest.Must(v.TagResource(v.ctx, &kmsapi.TagResourceInput{KeyId: id, Tags: []kmsapi.Tag{{TagKey: new("a"), TagValue: new("b")}}}))(t)
		for _, one := range []*string{id, kept} {
			servicetest.Must(v.ScheduleKeyDeletion(v.ctx, &kmsapi.ScheduleKeyDeletionInput{KeyId: one, PendingWindowInDays: new(int32(7))}))(t)
		}
		servicetest.Must(v.CancelKeyDeletion(v.ctx, &kmsapi.CancelKeyDeletionInput{KeyId: kept}))(t)
		pass(7*24*time.Hour - time.Second)
		servicetest.Diff(t, "PendingDeletion", v.state(id))
		pass(2 * time.Second)
		_, err := v.DescribeKey(v.ctx, &kmsapi.DescribeKeyInput{KeyId: id})
		servicetest.WantCode(t, err, "NotFoundException")
		servicetest.Diff(t, "Disabled", v.state(kept))
		servicetest.Diff(t, 0, len(servicetest.Must(v.ListAliases(v.ctx, &kmsapi.ListAliasesInput{}))(t).Aliases))
		servicetest.Diff(t, 0, len(servicetest.Must(v.ListRetirableGrants(v.ctx, &kmsapi.ListRetirableGrantsInput{RetiringPrincipal: new("111122223333")}))(t).Grants))
		if err := store.View(t.Context(), func(r state.Reader) error {
			for _, kind := range []string{"kms/grant", "kms/aliased", "resource/tags", "kms/due"} {
				for _, scope := range []cloud.Scope{{Account: servicetest.Account, Region: servicetest.Region}, {}} {
					for d, err := range r.List(scope, kind, state.Range{}) {
						if err != nil {
							return err
						}
						t.Errorf("%s %q is left", kind, d.Key.Name)
					}
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestRotation(t *testing.T) {
	clocked(t, func(v vault, _ state.Store) {
		t := v.t
		id := v.key()
		first := v.encrypt(id, "first", nil)
		servicetest.Must(v.EnableKeyRotation(v.ctx, &kmsapi.EnableKeyRotationInput{KeyId: id, RotationPeriodInDays: new(int32(90))}))(t)
		next := time.Date(2000, 3, 31, 0, 0, 0, 0, time.UTC) // a bubble begins in 2000
		status := servicetest.Must(v.GetKeyRotationStatus(v.ctx, &kmsapi.GetKeyRotationStatusInput{KeyId: id}))(t)
		servicetest.Diff(t, &kmsapi.GetKeyRotationStatusOutput{
			KeyId: new(arn(id)), KeyRotationEnabled: new(true), RotationPeriodInDays: new(int32(90)), NextRotationDate: &next,
		}, status)
		pass(91 * 24 * time.Hour)
		second := v.encrypt(id, "second", nil)
		servicetest.Must(v.RotateKeyOnDemand(v.ctx, &kmsapi.RotateKeyOnDemandInput{KeyId: id}))(t)
		third := v.encrypt(id, "third", nil)
		for text, blob := range map[string][]byte{"first": first, "second": second, "third": third} {
			servicetest.Diff(t, text, v.decrypted(blob))
		}
		kinds := servicetest.Pages(t, 1000, func(size *int32, token *string) (page []string, next *string, err error) {
			out, err := v.ListKeyRotations(v.ctx, &kmsapi.ListKeyRotationsInput{KeyId: id, Limit: size, Marker: token})
			for _, r := range out.Rotations {
				page = append(page, *r.RotationType)
			}
			return page, out.NextMarker, err
		})
		servicetest.Diff(t, []string{"AUTOMATIC", "ON_DEMAND"}, kinds)
		servicetest.Must(v.DisableKeyRotation(v.ctx, &kmsapi.DisableKeyRotationInput{KeyId: id}))(t)
		pass(400 * 24 * time.Hour)
		servicetest.Diff(t, 2, len(servicetest.Must(v.ListKeyRotations(v.ctx, &kmsapi.ListKeyRotationsInput{KeyId: id}))(t).Rotations))
		for range 24 {
			servicetest.Must(v.RotateKeyOnDemand(v.ctx, &kmsapi.RotateKeyOnDemandInput{KeyId: id}))(t)
		}
		_, err := v.RotateKeyOnDemand(v.ctx, &kmsapi.RotateKeyOnDemandInput{KeyId: id})
		servicetest.WantCode(t, err, "LimitExceededException", "25 times")
		servicetest.Diff(t, "first", v.decrypted(first))
		for _, spec := range []string{"RSA_2048", "ECC_NIST_P256"} {
			signer := v.key(of(spec, "SIGN_VERIFY"))
			servicetest.Diff(t, &kmsapi.GetKeyRotationStatusOutput{KeyId: new(arn(signer)), KeyRotationEnabled: new(false)},
				servicetest.Must(v.GetKeyRotationStatus(v.ctx, &kmsapi.GetKeyRotationStatusInput{KeyId: signer}))(t))
			_, err = v.EnableKeyRotation(v.ctx, &kmsapi.EnableKeyRotationInput{KeyId: signer})
			servicetest.WantCode(t, err, "UnsupportedOperationException")
		}
	})
}

// What is on the disk tells nothing without the master key.
func TestMaterialIsSealed(t *testing.T) {
	store := servicetest.Store(t)
	v := vault{kms.New(store, sealer(t, "11"), nil), t, servicetest.Call(t)}
	id := v.key()
	blob := v.encrypt(id, "text", nil)
	other := kms.New(store, sealer(t, "22"), nil)
	if _, err := other.Decrypt(v.ctx, &kmsapi.DecryptInput{CiphertextBlob: blob}); err == nil || cloud.KindOf(err) != cloud.Internal || !strings.Contains(err.Error(), "fingerprint") {
		t.Errorf("by another master key: %v", err)
	}
	servicetest.Diff(t, "text", v.decrypted(blob))

	// The material of one key in the place of another's is found.
	spare := v.key()
	if err := store.Update(t.Context(), func(tx state.Tx) error {
		at := func(id *string) state.Key {
			return state.Key{Scope: cloud.Scope{Account: servicetest.Account, Region: servicetest.Region}, Kind: "kms/key", Name: *id}
		}
		from, err := tx.Get(at(spare))
		if err != nil {
			return err
		}
		return tx.Put(at(id), bytes.ReplaceAll(from, []byte(*spare), []byte(*id)))
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Encrypt(v.ctx, &kmsapi.EncryptInput{KeyId: id, Plaintext: []byte("a")}); err == nil || !strings.Contains(err.Error(), "belongs to something else") {
		t.Errorf("material of another key: %v", err)
	}
}
