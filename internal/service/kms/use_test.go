package kms_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

func TestWhatDecryptTakes(t *testing.T) {
	v := open(t)
	id, other, pair, signer := v.key(), v.key(), v.key(of("RSA_2048", "ENCRYPT_DECRYPT")), v.key(of("RSA_2048", "SIGN_VERIFY"))
	context := map[string]string{"purpose": "test"}
	blob := v.encrypt(id, "text", context)
	byPair := servicetest.Must(v.Encrypt(v.ctx, &kmsapi.EncryptInput{KeyId: pair, Plaintext: []byte("text"), EncryptionAlgorithm: new("RSAES_OAEP_SHA_256")}))(t).CiphertextBlob
	for name, tt := range map[string]struct {
		in            kmsapi.DecryptInput
		code, message string // "" where it is decrypted
	}{
		"without its key":       {in: kmsapi.DecryptInput{CiphertextBlob: blob, EncryptionContext: context}},
		"with its key":          {in: kmsapi.DecryptInput{CiphertextBlob: blob, EncryptionContext: context, KeyId: id}},
		"by the pair":           {in: kmsapi.DecryptInput{CiphertextBlob: byPair, KeyId: pair, EncryptionAlgorithm: new("RSAES_OAEP_SHA_256")}},
		"with another key":      {kmsapi.DecryptInput{CiphertextBlob: blob, EncryptionContext: context, KeyId: other}, "IncorrectKeyException", "does not identify a CMK"},
		"another context":       {kmsapi.DecryptInput{CiphertextBlob: blob}, "InvalidCiphertextException", ""},
		"junk":                  {kmsapi.DecryptInput{CiphertextBlob: []byte("junk")}, "InvalidCiphertextException", ""},
		"long junk":             {kmsapi.DecryptInput{CiphertextBlob: bytes.Repeat([]byte{1}, 6144)}, "InvalidCiphertextException", ""},
		"nothing":               {kmsapi.DecryptInput{}, "ValidationException", "ciphertextBlob"},
		"the pair's, unsaid":    {kmsapi.DecryptInput{CiphertextBlob: byPair}, "InvalidCiphertextException", ""},
		"the pair's, no key":    {kmsapi.DecryptInput{CiphertextBlob: byPair, EncryptionAlgorithm: new("RSAES_OAEP_SHA_256")}, "ValidationException", "KeyId is needed"},
		"the pair's, symmetric": {kmsapi.DecryptInput{CiphertextBlob: byPair, KeyId: pair}, "InvalidKeyUsageException", "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."},
		"another algorithm":     {kmsapi.DecryptInput{CiphertextBlob: byPair, KeyId: pair, EncryptionAlgorithm: new("RSAES_OAEP_SHA_1")}, "InvalidCiphertextException", ""},
		"a key to sign":         {kmsapi.DecryptInput{CiphertextBlob: byPair, KeyId: signer, EncryptionAlgorithm: new("RSAES_OAEP_SHA_256")}, "InvalidKeyUsageException", arn(signer) + " key usage is SIGN_VERIFY which is not valid for Decrypt."},
		"no token":              {kmsapi.DecryptInput{CiphertextBlob: blob, EncryptionContext: context, GrantTokens: []string{"made-up"}}, "InvalidGrantTokenException", ""},
		"an enclave":            {kmsapi.DecryptInput{CiphertextBlob: blob, Recipient: &kmsapi.RecipientInfo{}}, "UnsupportedOperationException", "Recipient"},
		"only to try":           {kmsapi.DecryptInput{CiphertextBlob: blob, EncryptionContext: context, DryRun: new(true)}, "DryRunOperationException", "would have succeeded"},
		"to try in vain":        {kmsapi.DecryptInput{CiphertextBlob: blob, DryRun: new(true)}, "InvalidCiphertextException", ""},
		"to try without":        {kmsapi.DecryptInput{KeyId: id, DryRun: new(true), DryRunModifiers: []string{"IGNORE_CIPHERTEXT"}}, "DryRunOperationException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := v.Decrypt(v.ctx, &tt.in)
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code, tt.message)
			} else if err != nil || string(out.Plaintext) != "text" {
				t.Errorf("it is %v, %v", out, err)
			}
		})
	}
	_, err := v.Encrypt(v.ctx, &kmsapi.EncryptInput{KeyId: pair, Plaintext: []byte("a"), EncryptionAlgorithm: new("RSAES_OAEP_SHA_1"), EncryptionContext: context})
	servicetest.WantCode(t, err, "ValidationException", "An encryption context is only for symmetric keys")
}

func TestReEncrypt(t *testing.T) {
	v := open(t)
	from, to, pair := v.key(), v.key(), v.key(of("RSA_2048", "ENCRYPT_DECRYPT"))
	in := &kmsapi.ReEncryptInput{
		CiphertextBlob: v.encrypt(from, "text", map[string]string{"a": "1"}), SourceEncryptionContext: map[string]string{"a": "1"},
		DestinationKeyId: to, DestinationEncryptionContext: map[string]string{"b": "2"},
	}
	out := servicetest.Must(v.ReEncrypt(v.ctx, in))(t)
	servicetest.Diff(t, []string{arn(from), arn(to)}, []string{*out.SourceKeyId, *out.KeyId})
	got := servicetest.Must(v.Decrypt(v.ctx, &kmsapi.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: map[string]string{"b": "2"}}))(t)
	servicetest.Diff(t, "text", string(got.Plaintext))
	in.DestinationKeyId, in.DestinationEncryptionContext, in.DestinationEncryptionAlgorithm = pair, nil, new("RSAES_OAEP_SHA_1")
	out = servicetest.Must(v.ReEncrypt(v.ctx, in))(t)
	got = servicetest.Must(v.Decrypt(v.ctx, &kmsapi.DecryptInput{CiphertextBlob: out.CiphertextBlob, KeyId: pair, EncryptionAlgorithm: new("RSAES_OAEP_SHA_1")}))(t)
	servicetest.Diff(t, "text", string(got.Plaintext))
	in.SourceEncryptionContext = nil
	_, err := v.ReEncrypt(v.ctx, in)
	servicetest.WantCode(t, err, "InvalidCiphertextException")
}

func TestDataKeys(t *testing.T) {
	v := open(t)
	id := v.key()
	for _, tt := range []struct {
		in   kmsapi.GenerateDataKeyInput
		size int
	}{
		{kmsapi.GenerateDataKeyInput{KeySpec: new("AES_256")}, 32},
		{kmsapi.GenerateDataKeyInput{KeySpec: new("AES_128")}, 16},
		{kmsapi.GenerateDataKeyInput{NumberOfBytes: new(int32(1024))}, 1024},
		{kmsapi.GenerateDataKeyInput{}, 0},
		{kmsapi.GenerateDataKeyInput{KeySpec: new("AES_128"), NumberOfBytes: new(int32(16))}, 0},
	} {
		tt.in.KeyId = id
		out, err := v.GenerateDataKey(v.ctx, &tt.in)
		if tt.size == 0 {
			servicetest.WantCode(t, err, "ValidationException", "Please specify either number of bytes or key spec.")
			continue
		}
		if err != nil || len(out.Plaintext) != tt.size || v.decrypted(out.CiphertextBlob) != string(out.Plaintext) {
			t.Errorf("%v, %v", out, err)
		}
	}
	hidden := servicetest.Must(v.GenerateDataKeyWithoutPlaintext(v.ctx, &kmsapi.GenerateDataKeyWithoutPlaintextInput{KeyId: id, KeySpec: new("AES_256")}))(t)
	servicetest.Diff(t, 32, len(v.decrypted(hidden.CiphertextBlob)))
	pair := servicetest.Must(v.GenerateDataKeyPair(v.ctx, &kmsapi.GenerateDataKeyPairInput{KeyId: id, KeyPairSpec: new("RSA_2048")}))(t)
	servicetest.Diff(t, string(pair.PrivateKeyPlaintext), v.decrypted(pair.PrivateKeyCiphertextBlob))
	private, ok := servicetest.Must(x509.ParsePKCS8PrivateKey(pair.PrivateKeyPlaintext))(t).(*rsa.PrivateKey)
	if !ok || !private.PublicKey.Equal(servicetest.Must(x509.ParsePKIXPublicKey(pair.PublicKey))(t)) {
		t.Error("the two halves are not of one pair")
	}
	half := servicetest.Must(v.GenerateDataKeyPairWithoutPlaintext(v.ctx, &kmsapi.GenerateDataKeyPairWithoutPlaintextInput{KeyId: id, KeyPairSpec: new("ECC_SECG_P256K1")}))(t)
	if len(v.decrypted(half.PrivateKeyCiphertextBlob)) < 32 {
		t.Error("there is no private key")
	}
	_, err := v.GenerateDataKey(v.ctx, &kmsapi.GenerateDataKeyInput{KeyId: v.key(of("RSA_2048", "ENCRYPT_DECRYPT")), KeySpec: new("AES_256")})
	servicetest.WantCode(t, err, "InvalidKeyUsageException", "RSA_2048 which is not valid for GenerateDataKey")
	servicetest.Diff(t, 1024, len(servicetest.Must(v.GenerateRandom(v.ctx, &kmsapi.GenerateRandomInput{NumberOfBytes: new(int32(1024))}))(t).Plaintext))
	_, err = v.GenerateRandom(v.ctx, &kmsapi.GenerateRandomInput{})
	servicetest.WantCode(t, err, "ValidationException", "number of bytes")
}

func TestSigningAndCodes(t *testing.T) {
	v := open(t)
	id := v.key(of("ECC_NIST_P256", "SIGN_VERIFY"))
	text, algorithm := []byte("message"), new("ECDSA_SHA_256")
	signed := servicetest.Must(v.Sign(v.ctx, &kmsapi.SignInput{KeyId: id, Message: text, SigningAlgorithm: algorithm}))(t)
	verify := &kmsapi.VerifyInput{KeyId: id, Message: text, Signature: signed.Signature, SigningAlgorithm: algorithm}
	servicetest.Diff(t, &kmsapi.VerifyOutput{KeyId: new(arn(id)), SignatureValid: new(true), SigningAlgorithm: algorithm}, servicetest.Must(v.Verify(v.ctx, verify))(t))
	digest := sha256.Sum256(text)
	verify.Message, verify.MessageType = digest[:], new("DIGEST")
	servicetest.Must(v.Verify(v.ctx, verify))(t)
	verify.MessageType = new("RAW")
	_, err := v.Verify(v.ctx, verify)
	servicetest.WantCode(t, err, "KMSInvalidSignatureException", arn(id))
	_, err = v.Sign(v.ctx, &kmsapi.SignInput{KeyId: id, Message: text, SigningAlgorithm: new("ECDSA_SHA_384")})
	servicetest.WantCode(t, err, "InvalidKeyUsageException", "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.")
	_, err = v.Sign(v.ctx, &kmsapi.SignInput{KeyId: v.key(), Message: text, SigningAlgorithm: algorithm})
	servicetest.WantCode(t, err, "InvalidKeyUsageException", "key usage is ENCRYPT_DECRYPT which is not valid for Sign.")
	_, err = v.Sign(v.ctx, &kmsapi.SignInput{KeyId: id, Message: text, SigningAlgorithm: algorithm, DryRun: new(true)})
	servicetest.WantCode(t, err, "DryRunOperationException")
	public := servicetest.Must(v.GetPublicKey(v.ctx, &kmsapi.GetPublicKeyInput{KeyId: id}))(t)
	servicetest.Diff(t, []string{"ECDSA_SHA_256"}, public.SigningAlgorithms)
	servicetest.Must(x509.ParsePKIXPublicKey(public.PublicKey))(t)
	_, err = v.GetPublicKey(v.ctx, &kmsapi.GetPublicKeyInput{KeyId: v.key()})
	servicetest.WantCode(t, err, "UnsupportedOperationException")

	mac := v.key(of("HMAC_256", "GENERATE_VERIFY_MAC"))
	code := servicetest.Must(v.GenerateMac(v.ctx, &kmsapi.GenerateMacInput{KeyId: mac, Message: text, MacAlgorithm: new("HMAC_SHA_256")}))(t).Mac
	check := &kmsapi.VerifyMacInput{KeyId: mac, Message: text, Mac: code, MacAlgorithm: new("HMAC_SHA_256")}
	servicetest.Diff(t, true, *servicetest.Must(v.VerifyMac(v.ctx, check))(t).MacValid)
	check.Message = []byte("another")
	_, err = v.VerifyMac(v.ctx, check)
	servicetest.WantCode(t, err, "KMSInvalidMacException")

	mine, theirs := v.key(of("ECC_NIST_P256", "KEY_AGREEMENT")), v.key(of("ECC_NIST_P256", "KEY_AGREEMENT"))
	secret := func(own, other *string) string {
		public := servicetest.Must(v.GetPublicKey(v.ctx, &kmsapi.GetPublicKeyInput{KeyId: other}))(t).PublicKey
		return string(servicetest.Must(v.DeriveSharedSecret(v.ctx, &kmsapi.DeriveSharedSecretInput{KeyId: own, PublicKey: public, KeyAgreementAlgorithm: new("ECDH")}))(t).SharedSecret)
	}
	servicetest.Diff(t, secret(mine, theirs), secret(theirs, mine))
}

func TestAliases(t *testing.T) {
	v := open(t)
	one, two, signer := v.key(), v.key(), v.key(of("RSA_2048", "SIGN_VERIFY"))
	create := func(name string, key *string) error {
		_, err := v.CreateAlias(v.ctx, &kmsapi.CreateAliasInput{AliasName: &name, TargetKeyId: key})
		return err
	}
	for _, name := range []string{"alias/c", "alias/a", "alias/b"} {
		if err := create(name, new(arn(one))); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		key           *string
		code, message string
	}{
		"alias/a":      {one, "AlreadyExistsException", "An alias with the name arn:aws:kms:ap-northeast-2:111122223333:alias/a already exists"},
		"alias/aws/s3": {one, "NotAuthorizedException", ""},
		"logs":         {one, "ValidationException", "Invalid identifier"},
		"alias/a:b":    {one, "ValidationException", "alias/a:b contains invalid characters for an alias"},
		"alias/":       {one, "ValidationException", "invalid characters"},
		"alias/d":      {new("alias/a"), "ValidationException", "Aliases must refer to keys. Not aliases"},
		"alias/e":      {new("00000000-0000-4000-8000-000000000000"), "NotFoundException", "does not exist"},
	} {
		servicetest.WantCode(t, create(name, tt.key), tt.code, tt.message)
	}
	listed := func(key *string) []string {
		return servicetest.Pages(t, 100, func(size *int32, token *string) (page []string, next *string, err error) {
			out, err := v.ListAliases(v.ctx, &kmsapi.ListAliasesInput{KeyId: key, Limit: size, Marker: token})
			for _, a := range out.Aliases {
				page = append(page, *a.AliasName)
			}
			return page, out.NextMarker, err
		})
	}
	servicetest.Diff(t, []string{"alias/a", "alias/b", "alias/c"}, listed(nil))
	servicetest.Must(v.UpdateAlias(v.ctx, &kmsapi.UpdateAliasInput{AliasName: new("alias/b"), TargetKeyId: two}))(t)
	servicetest.Diff(t, []string{"alias/a", "alias/c"}, listed(one))
	servicetest.Diff(t, []string{"alias/b"}, listed(two))
	_, err := v.UpdateAlias(v.ctx, &kmsapi.UpdateAliasInput{AliasName: new("alias/b"), TargetKeyId: signer})
	servicetest.WantCode(t, err, "ValidationException", "cannot be changed")
	servicetest.Must(v.DeleteAlias(v.ctx, &kmsapi.DeleteAliasInput{AliasName: new("alias/a")}))(t)
	_, err = v.DeleteAlias(v.ctx, &kmsapi.DeleteAliasInput{AliasName: new("alias/a")})
	servicetest.WantCode(t, err, "NotFoundException", "Alias arn:aws:kms:ap-northeast-2:111122223333:alias/a is not found.")
	servicetest.Diff(t, []string{"alias/b", "alias/c"}, listed(nil))
	_, err = v.ListAliases(v.ctx, &kmsapi.ListAliasesInput{Marker: new("made-up")})
	servicetest.WantCode(t, err, "InvalidMarkerException")
}

func TestKeysThatAWSManages(t *testing.T) {
	v := open(t)
	made := servicetest.Must(v.DescribeKey(v.ctx, &kmsapi.DescribeKeyInput{KeyId: new("alias/aws/ssm")}))(t).KeyMetadata
	servicetest.Diff(t, []string{"AWS", "Enabled"}, []string{*made.KeyManager, *made.KeyState})
	servicetest.Diff(t, "text", v.decrypted(v.encrypt(new("alias/aws/ssm"), "text", nil)))
	servicetest.Diff(t, *made.KeyId, *servicetest.Must(v.DescribeKey(v.ctx, &kmsapi.DescribeKeyInput{KeyId: new("alias/aws/ssm")}))(t).KeyMetadata.KeyId)
	_, err := v.DisableKey(v.ctx, &kmsapi.DisableKeyInput{KeyId: made.KeyId})
	servicetest.WantCode(t, err, "AccessDeniedException", "managed by AWS for ssm")
	policy := servicetest.Must(v.GetKeyPolicy(v.ctx, &kmsapi.GetKeyPolicyInput{KeyId: made.KeyId}))(t).Policy
	if !json.Valid([]byte(*policy)) || !strings.Contains(*policy, `"kms:ViaService":"ssm.ap-northeast-2.amazonaws.com"`) {
		t.Errorf("the policy is %s", *policy)
	}
}

func TestPolicies(t *testing.T) {
	v := open(t)
	id := v.key()
	got := servicetest.Must(v.GetKeyPolicy(v.ctx, &kmsapi.GetKeyPolicyInput{KeyId: id, PolicyName: new("default")}))(t)
	if !strings.Contains(*got.Policy, `"arn:aws:iam::111122223333:root"`) || *got.PolicyName != "default" {
		t.Errorf("the policy is %s", *got.Policy)
	}
	lockout := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/other"},"Action":"kms:*","Resource":"*"}}`
	put := &kmsapi.PutKeyPolicyInput{KeyId: id, Policy: &lockout}
	_, err := v.PutKeyPolicy(v.ctx, put)
	servicetest.WantCode(t, err, "MalformedPolicyDocumentException", "will not allow you to update the key policy")
	put.BypassPolicyLockoutSafetyCheck = new(true)
	servicetest.Must(v.PutKeyPolicy(v.ctx, put))(t)
	servicetest.Diff(t, lockout, *servicetest.Must(v.GetKeyPolicy(v.ctx, &kmsapi.GetKeyPolicyInput{KeyId: id}))(t).Policy)
	for policy, code := range map[string]string{"my policy": "MalformedPolicyDocumentException", strings.Repeat(" ", 33<<10): "LimitExceededException"} {
		_, err := v.PutKeyPolicy(v.ctx, &kmsapi.PutKeyPolicyInput{KeyId: id, Policy: &policy, BypassPolicyLockoutSafetyCheck: new(true)})
		servicetest.WantCode(t, err, code)
	}
	_, err = v.GetKeyPolicy(v.ctx, &kmsapi.GetKeyPolicyInput{KeyId: id, PolicyName: new("other")})
	servicetest.WantCode(t, err, "NotFoundException", "No such policy exists")
	servicetest.Diff(t, []string{"default"}, servicetest.Must(v.ListKeyPolicies(v.ctx, &kmsapi.ListKeyPoliciesInput{KeyId: id}))(t).PolicyNames)
}

func TestTagsOfAKey(t *testing.T) {
	v := open(t)
	id := v.key(func(in *kmsapi.CreateKeyInput) { in.Tags = []kmsapi.Tag{{TagKey: new("a"), TagValue: new("1")}} })
	servicetest.Must(v.TagResource(v.ctx, &kmsapi.TagResourceInput{KeyId: id, Tags: []kmsapi.Tag{{TagKey: new("b"), TagValue: new("2")}, {TagKey: new("c"), TagValue: new("")}}}))(t)
	servicetest.Must(v.UntagResource(v.ctx, &kmsapi.UntagResourceInput{KeyId: id, TagKeys: []string{"b", "z"}}))(t)
	got := servicetest.Pages(t, 50, func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := v.ListResourceTags(v.ctx, &kmsapi.ListResourceTagsInput{KeyId: id, Limit: size, Marker: token})
		for _, tag := range out.Tags {
			page = append(page, *tag.TagKey+"="+*tag.TagValue)
		}
		return page, out.NextMarker, err
	})
	servicetest.Diff(t, []string{"a=1", "c="}, got)
	_, err := v.ListResourceTags(v.ctx, &kmsapi.ListResourceTagsInput{KeyId: new("unknown")})
	servicetest.WantCode(t, err, "NotFoundException", "Invalid keyId unknown")
	servicetest.Must(v.UpdateKeyDescription(v.ctx, &kmsapi.UpdateKeyDescriptionInput{KeyId: id, Description: new("other")}))(t)
	servicetest.Diff(t, "other", *servicetest.Must(v.DescribeKey(v.ctx, &kmsapi.DescribeKeyInput{KeyId: id}))(t).KeyMetadata.Description)
}

// wrapped returns a token and a secret that is wrapped for its import.
func (v vault) wrapped(key *string, secret []byte) kmsapi.ImportKeyMaterialInput {
	v.t.Helper()
	out := servicetest.Must(v.GetParametersForImport(v.ctx, &kmsapi.GetParametersForImportInput{
		KeyId: key, WrappingAlgorithm: new("RSAES_OAEP_SHA_256"), WrappingKeySpec: new("RSA_2048"),
	}))(v.t)
	public, ok := servicetest.Must(x509.ParsePKIXPublicKey(out.PublicKey))(v.t).(*rsa.PublicKey)
	if !ok {
		v.t.Fatal("the wrapping key is none of RSA")
	}
	blob := servicetest.Must(rsa.EncryptOAEP(sha256.New(), rand.Reader, public, secret, nil))(v.t)
	return kmsapi.ImportKeyMaterialInput{KeyId: key, ImportToken: out.ImportToken, EncryptedKeyMaterial: blob, ExpirationModel: new("KEY_MATERIAL_DOES_NOT_EXPIRE")}
}

func TestImportedMaterial(t *testing.T) {
	clocked(t, func(v vault, _ state.Store) {
		t := v.t
		external := func(in *kmsapi.CreateKeyInput) { in.Origin = new("EXTERNAL") }
		id := v.key(external)
		servicetest.Diff(t, "PendingImport", v.state(id))
		_, err := v.Encrypt(v.ctx, &kmsapi.EncryptInput{KeyId: id, Plaintext: []byte("a")})
		servicetest.WantCode(t, err, "KMSInvalidStateException", "is pending import")
		secret := bytes.Repeat([]byte{7}, 32)
		in := v.wrapped(id, secret)
		in.ExpirationModel, in.ValidTo = nil, new(time.Now().Add(24*time.Hour))
		servicetest.Must(v.ImportKeyMaterial(v.ctx, &in))(t)
		servicetest.Diff(t, "Enabled", v.state(id))
		blob := v.encrypt(id, "text", nil)
		pass(25 * time.Hour)
		servicetest.Diff(t, "PendingImport", v.state(id))
		_, err = v.ImportKeyMaterial(v.ctx, &in)
		servicetest.WantCode(t, err, "ValidationException", "within the next 365 days")
		in.ExpirationModel, in.ValidTo = new("KEY_MATERIAL_DOES_NOT_EXPIRE"), nil
		_, err = v.ImportKeyMaterial(v.ctx, &in)
		servicetest.WantCode(t, err, "ExpiredImportTokenException")
		for name, tt := range map[string]struct {
			key    *string
			secret []byte
			change func(*kmsapi.ImportKeyMaterialInput)
			code   string
		}{
			"other material":   {key: id, secret: bytes.Repeat([]byte{8}, 32), code: "IncorrectKeyMaterialException"},
			"a short one":      {key: id, secret: secret[1:], code: "IncorrectKeyMaterialException"},
			"another's token":  {key: v.key(external), secret: secret, change: func(in *kmsapi.ImportKeyMaterialInput) { in.KeyId = id }, code: "InvalidImportTokenException"},
			"a made up token":  {key: id, secret: secret, change: func(in *kmsapi.ImportKeyMaterialInput) { in.ImportToken = []byte("a") }, code: "InvalidImportTokenException"},
			"not wrapped":      {key: id, secret: secret, change: func(in *kmsapi.ImportKeyMaterialInput) { in.EncryptedKeyMaterial = secret }, code: "InvalidCiphertextException"},
			"no end":           {key: id, secret: secret, change: func(in *kmsapi.ImportKeyMaterialInput) { in.ExpirationModel = nil }, code: "ValidationException"},
			"for its rotation": {key: id, secret: bytes.Repeat([]byte{8}, 32), change: func(in *kmsapi.ImportKeyMaterialInput) { in.ImportType = new("NEW_KEY_MATERIAL") }, code: "UnsupportedOperationException"},
		} {
			in := v.wrapped(tt.key, tt.secret)
			if tt.change != nil {
				tt.change(&in)
			}
			_, err := v.ImportKeyMaterial(v.ctx, &in)
			servicetest.WantCode(t, err, tt.code)
			if err == nil {
				t.Errorf("%s is imported", name)
			}
		}
		in = v.wrapped(id, secret)
		servicetest.Must(v.ImportKeyMaterial(v.ctx, &in))(t)
		servicetest.Diff(t, "text", v.decrypted(blob))
		servicetest.Must(v.DeleteImportedKeyMaterial(v.ctx, &kmsapi.DeleteImportedKeyMaterialInput{KeyId: id}))(t)
		servicetest.Diff(t, "PendingImport", v.state(id))
		_, err = v.GetParametersForImport(v.ctx, &kmsapi.GetParametersForImportInput{KeyId: v.key(), WrappingAlgorithm: new("RSAES_OAEP_SHA_256"), WrappingKeySpec: new("RSA_2048")})
		servicetest.WantCode(t, err, "UnsupportedOperationException", "origin is AWS_KMS")
	})
}
