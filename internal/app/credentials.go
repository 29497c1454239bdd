package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
)

// Credential is the root user of an account.
type Credential struct {
	AccessKeyID     string
	SecretAccessKey string
	Account         cloud.Account
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
		return Credential{cfg.RootAccessKeyID, cfg.RootSecretAccessKey, cloud.Account(cfg.RootAccountID)}, nil
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
			credential.Account = cloud.Account(value)
		}
	}
	if credential.AccessKeyID == "" || credential.SecretAccessKey == "" || !accountPattern.MatchString(string(credential.Account)) {
		return Credential{}, fmt.Errorf("%s holds no root credential: restore it, or remove it to have a new one made", path)
	}
	return credential, nil
}

// writeCredential writes the file, readable by its owner alone.
func writeCredential(path string, c Credential) error {
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_account_id = %s\n",
		c.AccessKeyID, c.SecretAccessKey, c.Account)
	if err := disk.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("keep the root credential: %w", err)
	}
	return nil
}
