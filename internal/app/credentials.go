package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// Credential is the root user of an account.
type Credential struct {
	AccessKeyID     string
	SecretAccessKey string
	Account         string
}

// credentialsFile is the name of the file that the root credential is in, in
// the form of AWS's shared credentials file.
const credentialsFile = "credentials"

// defaultAccount is the account of a root credential that nobody named.
const defaultAccount = "000000000000"

// rootCredential returns the configured root credential, else the one in the
// data folder, which it makes when there is none.
func rootCredential(cfg Config) (Credential, error) {
	if cfg.RootAccessKeyID != "" {
		return Credential{cfg.RootAccessKeyID, cfg.RootSecretAccessKey, cfg.RootAccountID}, nil
	}
	path := filepath.Join(cfg.Data, credentialsFile)
	credential, err := readCredential(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return credential, err
	}
	credential, err = newCredential()
	if err != nil {
		return Credential{}, err
	}
	return credential, writeCredential(path, credential)
}

func newCredential() (Credential, error) {
	secret := make([]byte, 30)
	if _, err := rand.Read(secret); err != nil {
		return Credential{}, err
	}
	return Credential{
		AccessKeyID:     "AKIA" + rand.Text()[:16],
		SecretAccessKey: base64.StdEncoding.EncodeToString(secret),
		Account:         defaultAccount,
	}, nil
}

func readCredential(path string) (Credential, error) {
	text, err := os.ReadFile(path) //nolint:gosec // it is in the folder that the operator names
	if err != nil {
		return Credential{}, err
	}
	credential := Credential{Account: defaultAccount}
	profile := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			profile = line
			continue
		}
		if profile != "[default]" {
			continue // the operator may keep others here
		}
		name, value, _ := strings.Cut(line, "=")
		switch value = strings.TrimSpace(value); strings.TrimSpace(name) {
		case "aws_access_key_id":
			credential.AccessKeyID = value
		case "aws_secret_access_key":
			credential.SecretAccessKey = value
		case "aws_account_id":
			credential.Account = value
		}
	}
	if credential.AccessKeyID == "" || credential.SecretAccessKey == "" || !accountPattern.MatchString(credential.Account) {
		return Credential{}, fmt.Errorf("%s holds no root credential: restore it, or remove it to have a new one made", path)
	}
	return credential, nil
}

// writeCredential writes the file so that it is whole on disk, and readable by
// its owner alone, or not there.
func writeCredential(path string, c Credential) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".credentials-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write the root credential: %w", err)
	}
	_, err = fmt.Fprintf(temp, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_account_id = %s\n",
		c.AccessKeyID, c.SecretAccessKey, c.Account)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write the root credential: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// keyring knows the access keys of the server: so far the root user's.
type keyring struct{ root Credential }

func (k keyring) arn() string {
	return cloud.RootOf(cloud.Account(k.root.Account)).ARN
}

func errNoKey(id string) error {
	return cloud.Errorf(cloud.NotFound, "InvalidClientTokenId", "access key %s is not known", id)
}

// Lookup returns the key with which calls of every service but S3 are verified.
func (k keyring) Lookup(_ context.Context, id string) (sigv4.Key, error) {
	if id != k.root.AccessKeyID {
		return sigv4.Key{}, errNoKey(id)
	}
	return sigv4.Key{
		ID: id, Secret: k.root.SecretAccessKey, Account: k.root.Account, PrincipalARN: k.arn(), PrincipalID: k.root.Account,
	}, nil
}

// Credential returns the key with which calls of S3 are verified.
func (k keyring) Credential(_ context.Context, id string) (s3.Credential, error) {
	if id != k.root.AccessKeyID {
		return s3.Credential{}, errNoKey(id)
	}
	return s3.Credential{Secret: k.root.SecretAccessKey, Account: k.root.Account, ARN: k.arn()}, nil
}
