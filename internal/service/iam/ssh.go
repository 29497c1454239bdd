package iam

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// sshKey is a public key of a user's, as it is kept.
type sshKey struct {
	ID, Body    string // as SSH writes it
	Fingerprint string
	Inactive    bool `json:",omitempty"`
	Uploaded    time.Time
}

// maxSSHKeys is how many a user may have.
const maxSSHKeys = 5

// readSSHKey returns a public key that is in SSH's form or in PEM.
func readSSHKey(body string) (ssh.PublicKey, error) {
	read, _, _, _, err := ssh.ParseAuthorizedKey([]byte(body))
	if err != nil {
		block, _ := pem.Decode([]byte(body))
		if block == nil {
			return nil, errSSHKey()
		}
		parsed, e := x509.ParsePKIXPublicKey(block.Bytes)
		if e != nil {
			return nil, errSSHKey()
		}
		if read, err = ssh.NewPublicKey(parsed); err != nil {
			return nil, errSSHKey()
		}
	}
	if crypto, ok := read.(ssh.CryptoPublicKey); !ok {
		return nil, errSSHKey()
	} else if _, ok := crypto.CryptoPublicKey().(*rsa.PublicKey); !ok {
		return nil, errSSHKey()
	}
	return read, nil
}

func errSSHKey() error {
	return cloud.Errorf(cloud.Invalid, "InvalidPublicKey", "The public key is malformed or otherwise invalid: an RSA key in the form of SSH or PEM is needed.")
}

// UploadSSHPublicKey gives a user a public key.
func (s *Service) UploadSSHPublicKey(ctx context.Context, in *iamapi.UploadSSHPublicKeyInput) (*iamapi.UploadSSHPublicKeyOutput, error) {
	read, err := readSSHKey(*in.SSHPublicKeyBody)
	if err != nil {
		return nil, err
	}
	out := &iamapi.UploadSSHPublicKeyOutput{}
	return out, s.changeUser(ctx, in.UserName, func(_ resource.Tx, u *user) error {
		k := sshKey{
			ID: newID("APKA"), Body: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(read))), Fingerprint: ssh.FingerprintLegacyMD5(read),
			Uploaded: *resource.Now(time.Second),
		}
		if slices.ContainsFunc(u.SSHKeys, func(had sshKey) bool { return had.Body == k.Body }) {
			return cloud.Errorf(cloud.Conflict, "DuplicateSSHPublicKey", "The SSH public key is already associated with the specified IAM user.")
		}
		if len(u.SSHKeys) >= maxSSHKeys {
			return errQuota("SSHPublicKeysPerUser", maxSSHKeys)
		}
		u.SSHKeys = append(u.SSHKeys, k)
		out.SSHPublicKey = k.shape(u)
		return nil
	})
}

func (k *sshKey) shape(u *user) *iamapi.SSHPublicKey {
	return &iamapi.SSHPublicKey{
		UserName: &u.Name, SSHPublicKeyId: &k.ID, Fingerprint: &k.Fingerprint, SSHPublicKeyBody: &k.Body, Status: new(status(k.Inactive)), UploadDate: &k.Uploaded,
	}
}

// GetSSHPublicKey returns a public key in the form that is asked for.
func (s *Service) GetSSHPublicKey(ctx context.Context, in *iamapi.GetSSHPublicKeyInput) (*iamapi.GetSSHPublicKeyOutput, error) {
	out := &iamapi.GetSSHPublicKeyOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		u, err := users.get(r, in.UserName)
		if err != nil {
			return err
		}
		at, err := u.sshKey(*in.SSHPublicKeyId)
		if err != nil {
			return err
		}
		out.SSHPublicKey = u.SSHKeys[at].shape(&u)
		if *in.Encoding != "PEM" {
			return nil
		}
		read, err := readSSHKey(u.SSHKeys[at].Body)
		if err != nil {
			return err
		}
		public, _ := read.(ssh.CryptoPublicKey) // as it was when it was read first
		der, err := x509.MarshalPKIXPublicKey(public.CryptoPublicKey())
		out.SSHPublicKey.SSHPublicKeyBody = new(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
		return err
	})
}

// ListSSHPublicKeys returns the public keys of a user.
func (s *Service) ListSSHPublicKeys(ctx context.Context, in *iamapi.ListSSHPublicKeysInput) (*iamapi.ListSSHPublicKeysOutput, error) {
	out := &iamapi.ListSSHPublicKeysOutput{SSHPublicKeys: []iamapi.SSHPublicKeyMetadata{}, IsTruncated: new(false)}
	return out, s.view(ctx, func(r resource.Reader) error {
		u, err := userOr(ctx, r, in.UserName)
		for i := range u.SSHKeys {
			k := &u.SSHKeys[i]
			out.SSHPublicKeys = append(out.SSHPublicKeys, iamapi.SSHPublicKeyMetadata{
				UserName: &u.Name, SSHPublicKeyId: &k.ID, Status: new(status(k.Inactive)), UploadDate: &k.Uploaded,
			})
		}
		return err
	})
}

// UpdateSSHPublicKey makes a public key active or inactive.
func (s *Service) UpdateSSHPublicKey(ctx context.Context, in *iamapi.UpdateSSHPublicKeyInput) (*iamapi.UpdateSSHPublicKeyOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(_ resource.Tx, u *user) error {
		at, err := u.sshKey(*in.SSHPublicKeyId)
		if err == nil {
			u.SSHKeys[at].Inactive = *in.Status != "Active"
		}
		return err
	})
}

// DeleteSSHPublicKey takes a public key from a user.
func (s *Service) DeleteSSHPublicKey(ctx context.Context, in *iamapi.DeleteSSHPublicKeyInput) (*iamapi.DeleteSSHPublicKeyOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(_ resource.Tx, u *user) error {
		at, err := u.sshKey(*in.SSHPublicKeyId)
		if err == nil {
			u.SSHKeys = slices.Delete(u.SSHKeys, at, at+1)
		}
		return err
	})
}

func (u *user) sshKey(id string) (int, error) {
	at := slices.IndexFunc(u.SSHKeys, func(k sshKey) bool { return k.ID == id })
	if at < 0 {
		return 0, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The Public Key with id %s cannot be found", id)
	}
	return at, nil
}
