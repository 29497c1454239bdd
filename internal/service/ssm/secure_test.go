package ssm_test

import (
	"context"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/ssm"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// secret makes what put keeps a SecureString by a key; "" means the default one.
func secret(key string) func(*ssmapi.PutParameterInput) {
	return func(in *ssmapi.PutParameterInput) {
		in.Type = new("SecureString")
		if key != "" {
			in.KeyId = &key
		}
	}
}

// values returns what each way of reading a parameter shows.
func (s store) values(name, path string, decrypted bool) []string {
	s.t.Helper()
	one := servicetest.Must(s.GetParameter(s.ctx, &ssmapi.GetParameterInput{Name: &name, WithDecryption: &decrypted}))(s.t).Parameter
	several := servicetest.Must(s.GetParameters(s.ctx, &ssmapi.GetParametersInput{Names: []string{name}, WithDecryption: &decrypted}))(s.t).Parameters
	below := servicetest.Must(s.GetParametersByPath(s.ctx, &ssmapi.GetParametersByPathInput{Path: &path, WithDecryption: &decrypted}))(s.t).Parameters
	history := servicetest.Must(s.GetParameterHistory(s.ctx, &ssmapi.GetParameterHistoryInput{Name: &name, WithDecryption: &decrypted}))(s.t).Parameters
	return []string{*one.Value, *several[0].Value, *below[0].Value, *history[len(history)-1].Value}
}

func TestSecureStrings(t *testing.T) {
	s := open(t)
	own := servicetest.Must(s.keys.CreateKey(s.ctx, &kmsapi.CreateKeyInput{}))(t).KeyMetadata.KeyId
	servicetest.Must(s.keys.CreateAlias(s.ctx, &kmsapi.CreateAliasInput{AliasName: new("alias/own"), TargetKeyId: own}))(t)
	long := strings.Repeat("secret", 1300)
	for name, tt := range map[string]struct{ key, value, tier string }{
		"by the default key": {"", "hunter2", "Standard"},
		"by a key":           {*own, "hunter2", "Standard"},
		"by an alias":        {"alias/own", "hunter2", "Standard"},
		"a large one":        {"", long, "Advanced"},
		"a large one, own":   {"alias/own", long, "Advanced"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.t = t
			path := "/" + strings.NewReplacer(" ", "-", ",", "").Replace(name)
			s.put(path+"/a", tt.value, secret(tt.key), func(in *ssmapi.PutParameterInput) { in.Tier = &tt.tier })
			servicetest.Diff(t, []string{tt.value, tt.value, tt.value, tt.value}, s.values(path+"/a", path, true))
			for _, hidden := range s.values(path+"/a", path, false) {
				if hidden == "" || strings.Contains(hidden, "hunter2") || strings.Contains(hidden, "secret") {
					t.Errorf("without decryption it is %q", hidden)
				}
			}
			key := tt.key
			if key == "" {
				key = "alias/aws/ssm"
			}
			described := servicetest.Must(s.DescribeParameters(s.ctx, &ssmapi.DescribeParametersInput{
				ParameterFilters: []ssmapi.ParameterStringFilter{filter("KeyId", "", key), filter("Name", "", path+"/a")},
			}))(t).Parameters
			servicetest.Diff(t, key, *described[0].KeyId)
		})
	}
}

func TestWhoeverMayNotUseTheKeySeesNoSecret(t *testing.T) {
	s := open(t)
	own := servicetest.Must(s.keys.CreateKey(s.ctx, &kmsapi.CreateKeyInput{}))(t).KeyMetadata.KeyId
	s.put("/a/b", "hunter2", secret(*own))
	servicetest.Must(s.keys.DisableKey(s.ctx, &kmsapi.DisableKeyInput{KeyId: own}))(t)
	read := &ssmapi.GetParameterInput{Name: new("/a/b"), WithDecryption: new(true)}
	_, err := s.GetParameter(s.ctx, read)
	servicetest.WantCode(t, err, "InvalidKeyId", "is disabled.", "Error Code: DisabledException")
	_, err = s.GetParametersByPath(s.ctx, &ssmapi.GetParametersByPathInput{Path: new("/a"), WithDecryption: new(true)})
	servicetest.WantCode(t, err, "InvalidKeyId")
	_, err = s.PutParameter(s.ctx, &ssmapi.PutParameterInput{Name: new("/a/b"), Value: new("v"), Type: new("SecureString"), KeyId: own, Overwrite: new(true)})
	servicetest.WantCode(t, err, "InvalidKeyId")
	servicetest.Must(s.keys.EnableKey(s.ctx, &kmsapi.EnableKeyInput{KeyId: own}))(t)
	servicetest.Diff(t, "hunter2", *servicetest.Must(s.GetParameter(s.ctx, read))(t).Parameter.Value)
	s.put("/a/b", "by the same key", secret(""))
	servicetest.Diff(t, "by the same key", *servicetest.Must(s.GetParameter(s.ctx, read))(t).Parameter.Value)
	described := servicetest.Must(s.DescribeParameters(s.ctx, &ssmapi.DescribeParametersInput{}))(t).Parameters
	servicetest.Diff(t, *own, *described[0].KeyId)
	servicetest.Diff(t, int64(2), s.versionOf("/a/b"))
}

func (s store) versionOf(name string) int64 {
	s.t.Helper()
	return *servicetest.Must(s.GetParameter(s.ctx, &ssmapi.GetParameterInput{Name: &name}))(s.t).Parameter.Version
}

// What is checked about a value is checked before it is encrypted.
func TestASecretIsCheckedAsAnyValue(t *testing.T) {
	s := open(t)
	for value, code := range map[string]string{"abc": "ParameterPatternMismatchException", strings.Repeat("1", 4097): "ValidationException"} {
		_, err := s.PutParameter(s.ctx, &ssmapi.PutParameterInput{Name: new("a"), Value: &value, Type: new("SecureString"), AllowedPattern: new(`\d+`)})
		servicetest.WantCode(t, err, code)
	}
	s.put("a", "12", secret(""), func(in *ssmapi.PutParameterInput) { in.AllowedPattern = new(`\d+`) })
	_, err := s.PutParameter(s.ctx, &ssmapi.PutParameterInput{Name: new("a"), Value: new("x"), Overwrite: new(true)})
	servicetest.WantCode(t, err, "ParameterPatternMismatchException")
}

// A secret that is put in the place of another's is not shown.
func TestASecretIsBoundToItsParameter(t *testing.T) {
	s := open(t)
	s.put("/a/b", "hunter2", secret(""))
	s.put("/a/c", "other", secret(""))
	if err := s.db.Update(t.Context(), func(tx state.Tx) error {
		at := func(name string) state.Key {
			return state.Key{Scope: cloud.Scope{Account: servicetest.Account, Region: servicetest.Region}, Kind: "ssm/parameter", Name: "a\x00" + name}
		}
		from, err := tx.Get(at("b"))
		if err != nil {
			return err
		}
		return tx.Put(at("c"), from)
	}); err != nil {
		t.Fatal(err)
	}
	_, err := s.GetParameter(s.ctx, &ssmapi.GetParameterInput{Name: new("/a/c"), WithDecryption: new(true)})
	servicetest.WantCode(t, err, "InvalidKeyId", "Error Code: InvalidCiphertextException")
}

// slowKeys is a KMS during whose encryption something else happens.
type slowKeys struct {
	ssm.Keys

	meanwhile func()
}

func (k slowKeys) Encrypt(ctx context.Context, in *kmsapi.EncryptInput) (*kmsapi.EncryptOutput, error) {
	k.meanwhile()
	return k.Keys.Encrypt(ctx, in)
}

// What a parameter is may change between the encryption of a value and its keeping.
func TestAParameterThatBecomesAnotherMeanwhile(t *testing.T) {
	s := open(t)
	own := servicetest.Must(s.keys.CreateKey(s.ctx, &kmsapi.CreateKeyInput{}))(t).KeyMetadata.KeyId
	for name, tt := range map[string]struct {
		meanwhile func(*ssmapi.PutParameterInput)
		kept      string
	}{
		"a plain one":        {func(in *ssmapi.PutParameterInput) { in.Type = new("String") }, "theirs"},
		"one of another key": {secret(*own), "theirs"},
		"as it was":          {secret(""), "ours"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.t = t
			path := "/meanwhile/" + strings.ReplaceAll(name, " ", "-")
			s.put(path, "before", secret(""))
			slow := ssm.New(s.db, slowKeys{s.keys, func() {
				servicetest.Must(s.DeleteParameter(s.ctx, &ssmapi.DeleteParameterInput{Name: &path}))(t)
				s.put(path, "theirs", tt.meanwhile)
			}})
			_, err := slow.PutParameter(s.ctx, &ssmapi.PutParameterInput{Name: &path, Value: new("ours"), Overwrite: new(true)})
			if tt.kept == "theirs" {
				servicetest.WantCode(t, err, "TooManyUpdates", path)
			} else if err != nil {
				t.Error(err)
			}
			got := servicetest.Must(s.GetParameter(s.ctx, &ssmapi.GetParameterInput{Name: &path, WithDecryption: new(true)}))(t)
			servicetest.Diff(t, tt.kept, *got.Parameter.Value)
		})
	}
}
