package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
)

// secrets is somebody's KMS and Parameter Store.
type secrets struct {
	kms kmsapi.Client
	ssm ssmapi.Client
	h   *house
}

func (h *house) secrets(p cloud.Principal) secrets {
	door := api.DoorFunc(func(ctx context.Context, of *api.Service, operation string, in any) (any, error) {
		return h.app.gateway.Inside(p).Do(ctx, of, operation, in)
	})
	return secrets{kmsapi.Client{Door: door}, ssmapi.Client{Door: door}, h}
}

// key makes a key with a policy, "" for the usual one, and returns its ARN.
func (s secrets) key(policy string) string {
	s.h.Helper()
	in := &kmsapi.CreateKeyInput{}
	if policy != "" {
		in.Policy, in.BypassPolicyLockoutSafetyCheck = &policy, new(true)
	}
	made, err := s.kms.CreateKey(s.h.ctx, in)
	s.h.must(err)
	return *made.KeyMetadata.Arn
}

func (s secrets) encrypt(key string, context map[string]string) ([]byte, error) {
	out, err := s.kms.Encrypt(s.h.ctx, &kmsapi.EncryptInput{KeyId: &key, Plaintext: []byte("text"), EncryptionContext: context})
	if err != nil {
		return nil, err
	}
	return out.CiphertextBlob, nil
}

func (s secrets) decrypt(blob []byte) error {
	_, err := s.kms.Decrypt(s.h.ctx, &kmsapi.DecryptInput{CiphertextBlob: blob})
	return err
}

// denied is KMS's refusal of ann.
func denied(action, key, why string) string {
	return fmt.Sprintf("AccessDeniedException: User: %s is not authorized to perform: %s on resource: %s because no %s allows the %s action", annARN, action, key, why, action)
}

func TestAKeysPolicyDecides(t *testing.T) {
	h := newHouse(t)
	root := h.secrets(cloud.RootOf(ours))
	usual := root.key("")
	named := root.key(document(grant(`{"AWS":"arn:aws:iam::111122223333:root"}`, "kms:Put*", "*") + "," + grant(`{"AWS":"*"}`, "kms:Decrypt", "*")))
	ann := h.secrets(h.user(ours, "ann", allow("kms:Encrypt", "arn:aws:kms:*:*:key/*")).principal)

	blob, err := ann.encrypt(usual, nil)
	h.want("the account's policies, where the key's policy leaves it to them", "", err)
	h.want("what they do not allow", denied("kms:Decrypt", usual, "identity-based policy"), ann.decrypt(blob))
	_, err = ann.encrypt(named, nil)
	h.want("the account's policies, where the key's policy does not", denied("kms:Encrypt", named, "resource-based policy"), err)
	_, err = root.encrypt(named, nil)
	if cloud.KindOf(err) != cloud.Denied {
		t.Errorf("the root user, whom the key's policy does not allow it: %v", err)
	}
	// An alias and a ciphertext are judged as the keys that they mean.
	_, err = root.kms.CreateAlias(h.ctx, &kmsapi.CreateAliasInput{AliasName: new("alias/usual"), TargetKeyId: &usual})
	h.must(err)
	_, err = ann.encrypt("alias/usual", nil)
	h.want("an alias", "", err)
	_, err = ann.kms.DescribeKey(h.ctx, &kmsapi.DescribeKeyInput{KeyId: new("alias/usual")})
	h.want("an alias of a key that may not be described", denied("kms:DescribeKey", usual, "identity-based policy"), err)

	stranger := h.secrets(cloud.RootOf(theirs))
	if err := stranger.decrypt(blob); cloud.KindOf(err) != cloud.Denied {
		t.Errorf("another account: %v", err)
	}
}

// What a key's policy says of a call is the encryption context, the service by
// which it comes and who makes it, of whichever account.
func TestAKeysPolicyLooksAtTheCall(t *testing.T) {
	h := newHouse(t)
	root := h.secrets(cloud.RootOf(ours))
	ann := h.secrets(h.user(ours, "ann", allow("ssm:*", "*"), allow("kms:*", "*")).principal)
	bea := h.secrets(h.user(theirs, "bea", allow("kms:*", "*")).principal)
	cat := h.secrets(h.user(theirs, "cat").principal)
	const (
		everybody = `{"AWS":"*"}`
		account   = `{"AWS":"arn:aws:iam::111122223333:root"}`
	)
	when := func(effect, principal, condition string) string {
		return fmt.Sprintf(`{"Effect":%q,"Principal":%s,"Action":["kms:Encrypt","kms:Decrypt"],"Resource":"*","Condition":%s}`, effect, principal, condition)
	}
	secret := func(s secrets, name, key string) error {
		_, err := s.ssm.PutParameter(h.ctx, &ssmapi.PutParameterInput{Name: &name, Value: new("hunter2"), Type: new("SecureString"), KeyId: &key})
		return err
	}
	refused := func(what string, err error) {
		t.Helper()
		if cloud.KindOf(err) != cloud.Denied {
			t.Errorf("%s: %v, want a denial", what, err)
		}
	}

	purpose := root.key(document(when("Allow", account, `{"StringEquals":{"kms:EncryptionContext:purpose":"logs"}}`)))
	blob, err := ann.encrypt(purpose, map[string]string{"purpose": "logs", "more": "1"})
	h.want("the encryption context that is asked for", "", err)
	_, err = ann.encrypt(purpose, map[string]string{"purpose": "other"})
	refused("another one", err)
	_, err = ann.encrypt(purpose, nil)
	refused("none", err)
	refused("a ciphertext that is decrypted in none", ann.decrypt(blob))

	through := root.key(document(when("Allow", account, `{"StringEquals":{"kms:ViaService":"ssm.ap-northeast-2.amazonaws.com"}}`)))
	h.want("by the service that is asked for", "", secret(ann, "/through", through))
	_, err = ann.encrypt(through, nil)
	refused("without it", err)

	direct := root.key(document(grant(account, "kms:*", "*") + "," + when("Deny", everybody, `{"StringLike":{"kms:ViaService":"ssm.*"}}`)))
	_, err = ann.encrypt(direct, nil)
	h.want("without the service that is denied", "", err)
	refused("by the service that is denied", secret(ann, "/direct", direct))
	refused("by the service that is denied, the root user", secret(root, "/direct", direct))

	shared := root.key(document(grant(`{"AWS":"arn:aws:iam::444455556666:root"}`, "kms:Encrypt", "*")))
	_, err = bea.encrypt(shared, nil)
	h.want("another account, where both allow it", "", err)
	_, err = cat.encrypt(shared, nil)
	refused("another account, which does not allow it", err)
	_, err = bea.encrypt(root.key(""), nil)
	refused("another account, which the key's policy does not name", err)
	_, err = ann.encrypt(shared, nil)
	refused("our account, which the key's policy does not name", err)
}

func TestAGrantAllowsWhatItSays(t *testing.T) {
	h := newHouse(t)
	root := h.secrets(cloud.RootOf(ours))
	key := root.key("")
	ann := h.secrets(h.user(ours, "ann").principal)
	bound, other := map[string]string{"a": "1"}, map[string]string{"a": "2"}
	_, err := ann.encrypt(key, bound)
	h.want("without a grant", denied("kms:Encrypt", key, "identity-based policy"), err)
	made, err := root.kms.CreateGrant(h.ctx, &kmsapi.CreateGrantInput{
		KeyId: &key, GranteePrincipal: new(annARN), Operations: []string{"Encrypt"}, Constraints: &kmsapi.GrantConstraints{EncryptionContextSubset: bound},
	})
	h.must(err)
	_, err = ann.encrypt(key, bound)
	h.want("with it", "", err)
	_, err = ann.encrypt(key, other)
	h.want("in another context", denied("kms:Encrypt", key, "identity-based policy"), err)
	_, err = root.kms.RevokeGrant(h.ctx, &kmsapi.RevokeGrantInput{KeyId: &key, GrantId: made.GrantId})
	h.must(err)
	_, err = ann.encrypt(key, bound)
	h.want("with the next call after it is revoked", denied("kms:Encrypt", key, "identity-based policy"), err)
}

// Parameter Store asks KMS as its caller, so that the key's policy decides who
// sees a secret.
func TestWhoSeesASecureString(t *testing.T) {
	h := newHouse(t)
	root := h.secrets(cloud.RootOf(ours))
	own := root.key("")
	for name, key := range map[string]*string{"/own": &own, "/usual": nil} {
		_, err := root.ssm.PutParameter(h.ctx, &ssmapi.PutParameterInput{Name: &name, Value: new("hunter2"), Type: new("SecureString"), KeyId: key})
		h.must(err)
	}
	ann := h.secrets(h.user(ours, "ann", allow("ssm:GetParameter", "*")).principal)
	get := func(name string) error {
		out, err := ann.ssm.GetParameter(h.ctx, &ssmapi.GetParameterInput{Name: &name, WithDecryption: new(true)})
		if err == nil && *out.Parameter.Value != "hunter2" {
			t.Errorf("%s is %s", name, *out.Parameter.Value)
		}
		return err
	}
	h.want("whoever may use Parameter Store may use its key through it", "", get("/usual"))
	h.want("a key of one's own needs kms:Decrypt", denied("kms:Decrypt", own, "identity-based policy"), get("/own"))
	_, err := ann.encrypt("alias/aws/ssm", nil)
	if cloud.KindOf(err) != cloud.Denied {
		t.Errorf("Parameter Store's key without Parameter Store: %v", err)
	}
	_, err = ann.ssm.GetParameter(h.ctx, &ssmapi.GetParameterInput{Name: new("/own")})
	h.want("without decryption", "", err)
}

// Nothing that is secret is in the log, in the journal or anywhere else on the disk.
func TestNoSecretOnTheDisk(t *testing.T) {
	var log bytes.Buffer
	data := t.TempDir()
	app, err := Open(t.Context(), Config{Data: data, Listen: "127.0.0.1:0", RootAccessKeyID: "AKIAROOT", RootSecretAccessKey: "secret", RootAccountID: string(ours)},
		slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t, app, cloud.WithCall(t.Context(), cloud.Call{Account: ours, Region: "ap-northeast-2"})}
	root := h.secrets(cloud.RootOf(ours))
	const word = "correct-horse-battery-staple"
	key := root.key("")
	sealed, err := root.kms.Encrypt(h.ctx, &kmsapi.EncryptInput{KeyId: &key, Plaintext: []byte(word)})
	h.must(err)
	opened, err := root.kms.Decrypt(h.ctx, &kmsapi.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
	h.must(err)
	if string(opened.Plaintext) != word {
		t.Errorf("it was decrypted to %q", opened.Plaintext)
	}
	for _, size := range []int{1, 300} { // directly, and by a data key
		_, err = root.ssm.PutParameter(h.ctx, &ssmapi.PutParameterInput{
			Name: new(fmt.Sprint("p", size)), Value: new(string(bytes.Repeat([]byte(word), size))[:min(size*len(word), 8000)]), Type: new("SecureString"), Tier: new("Advanced"),
		})
		h.must(err)
		_, err = root.ssm.GetParameter(h.ctx, &ssmapi.GetParameterInput{Name: new(fmt.Sprint("p", size)), WithDecryption: new(true)})
		h.must(err)
	}
	h.must(app.Close())
	for _, form := range []string{word, base64.StdEncoding.EncodeToString([]byte(word))[:32]} {
		if bytes.Contains(log.Bytes(), []byte(form)) {
			t.Errorf("the log holds %q", form)
		}
		h.must(filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if bytes.Contains(text, []byte(form)) {
				t.Errorf("%s holds %q", path, form)
			}
			return err
		}))
	}
}
