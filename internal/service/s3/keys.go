package s3

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3err"

	"github.com/sillok/sillok/internal/cloud"
)

// Keys knows the access keys.
type Keys interface {
	// Lookup returns an access key. The error is of kind NotFound for one that
	// nobody has.
	Lookup(ctx context.Context, accessKeyID string) (cloud.Key, error)
}

// identity tells versitygw who signs. Who may do what has been decided before,
// and whose bucket it is, is the guard's to see: to versitygw everyone is an
// administrator.
type identity struct {
	keys Keys
}

var (
	_ auth.IAMService         = (*identity)(nil)
	_ auth.SigningKeyProvider = (*identity)(nil)
)

// DeriveSigningKey implements auth.SigningKeyProvider. versitygw has no
// context to give.
func (i *identity) DeriveSigningKey(access, sessionToken, date, region, service string) ([]byte, auth.Account, error) {
	credential, err := i.keys.Lookup(context.Background(), access)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return nil, auth.Account{}, auth.ErrNoSuchUser
	}
	if err != nil {
		return nil, auth.Account{}, err
	}
	if subtle.ConstantTimeCompare([]byte(sessionToken), []byte(credential.SessionToken)) == 0 {
		return nil, auth.Account{}, auth.ErrInvalidSessionToken
	}
	key := []byte("AWS4" + credential.Secret)
	for _, part := range []string{date, region, service, "aws4_request"} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part)) // never fails
		key = mac.Sum(nil)
	}
	return key, account(credential.Principal), nil
}

// account returns the account of a principal as versitygw is to know it: its
// access names the owner of the buckets that it makes.
func account(p cloud.Principal) auth.Account {
	return auth.Account{Access: string(p.Account), Role: auth.RoleAdmin, Arn: p.ARN}
}

// GetUserAccount implements auth.IAMService. access is an account here.
func (*identity) GetUserAccount(access string) (auth.Account, error) {
	return auth.Account{Access: access, Role: auth.RoleAdmin}, nil
}

// ResolveAccounts implements auth.IAMService. It takes every name in a policy
// or an access list for somebody's.
func (*identity) ResolveAccounts([]string) ([]string, error) { return nil, nil }

// CreateAccount implements auth.IAMService; accounts are not made here.
func (*identity) CreateAccount(auth.Account) error { return errNotHere() }

// UpdateUserAccount implements auth.IAMService; accounts are not made here.
func (*identity) UpdateUserAccount(string, auth.MutableProps) error { return errNotHere() }

// DeleteUserAccount implements auth.IAMService; accounts are not made here.
func (*identity) DeleteUserAccount(string) error { return errNotHere() }

// ListUserAccounts implements auth.IAMService; accounts are not made here.
func (*identity) ListUserAccounts() ([]auth.Account, error) { return nil, errNotHere() }

// Shutdown implements auth.IAMService.
func (*identity) Shutdown() error { return nil }

func errNotHere() error {
	return errors.Join(errors.New("accounts are kept elsewhere"), s3err.GetAPIError(s3err.ErrAdminMethodNotSupported))
}
