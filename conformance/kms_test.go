package conformance_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"
)

// The AWS CLI encrypts, signs and computes codes by keys, and OpenSSL verifies
// what it signed and encrypts what it decrypts. The command returns no secret.
func TestKeysWithTheCLIAndOpenSSL(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	openssl := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		missing(t, "OpenSSL", "openssl is missing")
	}
	s, folder := serve(t, t.TempDir()), t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	written := func(name string, text []byte) string {
		t.Helper()
		if err := os.WriteFile(path(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path(name)
	}
	decoded := func(name, text string) string {
		t.Helper()
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			t.Fatal(err)
		}
		return written(name, raw)
	}
	query := func(member string, args ...string) string {
		t.Helper()
		return strings.TrimSpace(s.aws(append(append([]string{"kms"}, args...), "--query", member, "--output", "text")...))
	}
	message := written("message", []byte("what is said"))

	key := query("KeyMetadata.KeyId", "create-key")
	s.aws("kms", "create-alias", "--alias-name", "alias/cli", "--target-key-id", key)
	blob := decoded("blob", query("CiphertextBlob", "encrypt", "--key-id", "alias/cli", "--plaintext", "fileb://"+message, "--encryption-context", "a=1"))
	opened := query("Plaintext", "decrypt", "--ciphertext-blob", "fileb://"+blob, "--encryption-context", "a=1")
	if diff := cmp.Diff(base64.StdEncoding.EncodeToString([]byte("what is said")), opened); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if out, err := s.tryAWS("kms", "decrypt", "--ciphertext-blob", "fileb://"+blob); err == nil || !strings.Contains(out, "InvalidCiphertextException") {
		t.Errorf("under another context: %v\n%s", err, out)
	}

	for _, pair := range []struct{ spec, algorithm, options string }{
		{"RSA_2048", "RSASSA_PSS_SHA_256", "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1"},
		{"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", ""},
		{"ECC_NIST_P256", "ECDSA_SHA_256", ""},
		{"ECC_SECG_P256K1", "ECDSA_SHA_256", ""},
	} {
		id := query("KeyMetadata.KeyId", "create-key", "--key-spec", pair.spec, "--key-usage", "SIGN_VERIFY")
		public := decoded("public.der", query("PublicKey", "get-public-key", "--key-id", id))
		openssl("pkey", "-pubin", "-inform", "DER", "-in", public, "-out", path("public.pem"))
		signature := decoded("signature", query("Signature", "sign", "--key-id", id, "--message", "fileb://"+message, "--signing-algorithm", pair.algorithm))
		args := append([]string{"dgst", "-sha256", "-verify", path("public.pem"), "-signature", signature}, strings.Fields(pair.options)...)
		if out := openssl(append(args, message)...); out != "Verified OK" {
			t.Errorf("%s of %s: OpenSSL says %s", pair.algorithm, pair.spec, out)
		}
	}

	id := query("KeyMetadata.KeyId", "create-key", "--key-spec", "RSA_2048", "--key-usage", "ENCRYPT_DECRYPT")
	public := decoded("public.der", query("PublicKey", "get-public-key", "--key-id", id))
	openssl("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", public, "-in", message, "-out", path("outside"),
		"-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256")
	opened = query("Plaintext", "decrypt", "--key-id", id, "--encryption-algorithm", "RSAES_OAEP_SHA_256", "--ciphertext-blob", "fileb://"+path("outside"))
	if diff := cmp.Diff(base64.StdEncoding.EncodeToString([]byte("what is said")), opened); diff != "" {
		t.Errorf("what OpenSSL encrypted (-want +got):\n%s", diff)
	}
	report(t, "KMS", "the AWS CLI encrypts, decrypts and signs, OpenSSL verifies its signatures of RSA and of both kinds of curves")
}

// Terraform makes, reads, changes and removes keys, aliases, grants and what they
// encrypt, and sees after each step that all is as it was told.
func TestTerraformKeys(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "key.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != "secret "+value {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	if left := s.aws("kms", "list-aliases", "--query", "Aliases[].AliasName", "--output", "text"); strings.TrimSpace(left) != "" {
		t.Errorf("aliases are left: %s", left)
	}
}

// kms asks KMS, and returns the members of its answer.
func (s *server) kms(ctx context.Context, operation string, in map[string]any) (map[string]any, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Target", "TrentService."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: s.root.keyID, SecretAccessKey: s.root.secret}
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(sum[:]), "kms", region, time.Now()); err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %d %s", operation, response.StatusCode, answer)
	}
	out := map[string]any{}
	return out, json.Unmarshal(answer, &out)
}

// TestKeysOutliveKills ends the server with kill -9 again and again while keys are
// made and used. What a key that was acknowledged encrypted is decrypted
// afterwards, and no key is there in part.
func TestKeysOutliveKills(t *testing.T) {
	kills := 3
	if !testing.Short() {
		kills = 25
	}
	s := serve(t, t.TempDir())
	blobs := map[string]string{} // by key
	var mutex sync.Mutex
	for range kills {
		ctx, cancel := context.WithCancel(t.Context())
		made := make(chan struct{}, 1000)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for ctx.Err() == nil {
					key, err := s.kms(ctx, "CreateKey", map[string]any{})
					if err != nil {
						return // the server is gone
					}
					metadata, _ := key["KeyMetadata"].(map[string]any)
					id, _ := metadata["KeyId"].(string)
					sealed, err := s.kms(ctx, "Encrypt", map[string]any{"KeyId": id, "Plaintext": base64.StdEncoding.EncodeToString([]byte(id))})
					if err != nil {
						return
					}
					blob, _ := sealed["CiphertextBlob"].(string)
					mutex.Lock()
					blobs[id] = blob
					mutex.Unlock()
					made <- struct{}{}
				}
			})
		}
		for range 20 {
			select {
			case <-made:
			case <-time.After(time.Minute):
				t.Fatal("no keys are made")
			}
		}
		s.kill()
		cancel()
		group.Wait()
		listen := strings.TrimPrefix(s.endpoint, "http://")
		s.endpoint = ""
		s.start(listen)
		for id, blob := range blobs {
			opened, err := s.kms(t.Context(), "Decrypt", map[string]any{"CiphertextBlob": blob})
			if err != nil || opened["Plaintext"] != base64.StdEncoding.EncodeToString([]byte(id)) {
				t.Fatalf("key %s: %v, %v", id, opened, err)
			}
		}
		listed, err := s.kms(t.Context(), "ListKeys", map[string]any{"Limit": 1000})
		if err != nil {
			t.Fatal(err)
		}
		all, _ := listed["Keys"].([]any)
		for _, entry := range all {
			one, _ := entry.(map[string]any)
			if _, err := s.kms(t.Context(), "GenerateDataKey", map[string]any{"KeyId": one["KeyId"], "KeySpec": "AES_256"}); err != nil {
				t.Fatalf("a key that was not acknowledged is there in part: %v", err)
			}
		}
	}
}
